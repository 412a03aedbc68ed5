namespace P2PShare.Protocol.Bencoding;

/// <summary>Which rule of bencoding (BEP 3), or which limit, the input broke.</summary>
public enum BencodeErrorKind
{
    /// <summary>The input ends inside a value.</summary>
    UnexpectedEnd,

    /// <summary>Another kind of value was expected here, or the byte begins none.</summary>
    UnexpectedToken,

    /// <summary>No digits, a leading zero, a negative zero, or a byte that is no digit.</summary>
    InvalidInteger,

    /// <summary>The integer does not fit 64 signed bits.</summary>
    IntegerOverflow,

    /// <summary>A byte string's length has a leading zero or no colon after it.</summary>
    InvalidLength,

    /// <summary>A byte string claims more bytes than are left.</summary>
    LengthBeyondInput,

    /// <summary>A dictionary key is not a byte string.</summary>
    KeyNotString,

    /// <summary>A dictionary key is smaller, as raw bytes, than the one before it.</summary>
    UnsortedKeys,

    /// <summary>A dictionary key equals the one before it.</summary>
    DuplicateKey,

    /// <summary>A dictionary key without a value.</summary>
    MissingValue,

    /// <summary>More nested lists and dictionaries than <see cref="BencodeLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>More values and keys than <see cref="BencodeLimits.MaxTokens"/>.</summary>
    TooManyTokens,

    /// <summary>Bytes follow where the input should end.</summary>
    TrailingData,

    /// <summary>Well-formed, but an integer or a byte string's length is outside the range its reader asked for.</summary>
    OutOfRange,

    /// <summary>A byte string that should be text is not UTF-8.</summary>
    InvalidUtf8,
}
