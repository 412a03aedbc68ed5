namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What a <see cref="ConfirmCoordinator"/> says. Numbers unknown to the reader are to be ignored.</summary>
public enum CoordinatorFinding
{
    /// <summary>A question: the sender has lost the coordinator and wants to know whether the receiver has, too.</summary>
    Question = 0,

    /// <summary>An answer: the sender has lost it as well.</summary>
    Lost = 1,

    /// <summary>An answer: the sender hears from it.</summary>
    Alive = 2,
}
