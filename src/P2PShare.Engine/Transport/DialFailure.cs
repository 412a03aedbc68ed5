using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Transport;

/// <summary>Why one address led to no link.</summary>
internal sealed class DialFailure : Exception
{
    private DialFailure(string address, string reason, bool isRefused, Exception? inner)
        : base(reason, inner)
    {
        Address = address;
        IsRefused = isRefused;
    }

    public string Address { get; }

    /// <summary>Whether somebody was there, but not who was wanted, or who did not want us.</summary>
    public bool IsRefused { get; }

    /// <summary>Whether the address is the dialling peer's own.</summary>
    public bool IsSelf { get; private init; }

    public static DialFailure Unreachable(string address, string reason, Exception? inner = null) => new(address, reason, isRefused: false, inner);

    public static DialFailure Refused(string address, string reason, Exception? inner = null) => new(address, reason, isRefused: true, inner);

    public static DialFailure Self(string address) => new(address, "it is this peer itself", isRefused: true, null) { IsSelf = true };

    /// <summary>What is told when no address of a target led to a link: each address, and why.</summary>
    /// <param name="target">What was dialled: an address, or a peer's name.</param>
    /// <param name="failures">In the order of the addresses.</param>
    public static P2PShareException Combine(string target, IReadOnlyList<DialFailure> failures)
    {
        if (failures is [var only] && only.Address == target)
        {
            if (only.InnerException is P2PShareException told) return told;
            return only.IsRefused
                ? PeerRefused(target, $"The connection with {target} was refused: {only.Message}.", only)
                : PeerUnreachable(target, $"No peer could be reached at {target}: {only.Message}.", only);
        }

        if (failures.Count == 0) return PeerUnreachable(target, $"{target} cannot be reached: no address of it is known.", null);
        var tried = string.Join("; ", failures.Select(failure => $"{failure.Address} ({failure.Message.TrimEnd('.')})"));
        var inner = failures.All(failure => failure.IsSelf) ? failures[0] : failures.FirstOrDefault(failure => !failure.IsSelf);
        return failures.Any(failure => failure.IsRefused)
            ? PeerRefused(target, $"No connection with {target} came about: {tried}.", inner)
            : PeerUnreachable(target, $"{target} cannot be reached: {tried}.", inner);
    }

    private static P2PShareException PeerRefused(string target, string message, Exception? inner) => new(
        ErrorKind.ConnectionError, ErrorIds.PeerRefused, message, target,
        "Check that the address is a peer of this swarm and that both machines use the swarm file of the same swarm.", inner);

    private static P2PShareException PeerUnreachable(string target, string message, Exception? inner) => new(
        ErrorKind.ConnectionError, ErrorIds.PeerUnreachable, message, target,
        "Check that a peer runs there, the port, and the firewalls in between.", inner);
}
