using System.Runtime.CompilerServices;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A reason's number and text, as four messages have them.</summary>
internal static class Reasons
{
    /// <summary>The reason; a number that a later version may have added is 0, "other".</summary>
    public static T Read<T>(MembershipFields fields) where T : struct, Enum
    {
        var number = (int)fields.Integer("reason"u8, 0, int.MaxValue);
        var reason = Unsafe.BitCast<int, T>(number);
        return Enum.IsDefined(reason) ? reason : default;
    }

    public static string Text(MembershipFields fields) =>
        fields.Has("text"u8) ? fields.Text("text"u8, 0, MembershipLimits.MaxReasonText) : "";
}
