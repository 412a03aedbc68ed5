using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class PieceLengthTests
{
    private const long KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB, TiB = 1024 * GiB;

    [Theory]
    [InlineData(0, 16 * KiB)]
    [InlineData(1, 16 * KiB)]
    [InlineData(16 * MiB, 16 * KiB)]
    [InlineData(16 * MiB + 1, 32 * KiB)]
    [InlineData(256 * MiB, 256 * KiB)]
    [InlineData(1 * GiB, 1 * MiB)]
    [InlineData(1 * GiB + 1, 2 * MiB)]
    [InlineData(2 * GiB, 2 * MiB)]
    [InlineData(2 * GiB + 1, 4 * MiB)]
    [InlineData(4 * GiB, 4 * MiB)]
    [InlineData(4 * TiB, 4 * MiB)]
    [InlineData(4 * TiB + 1, 8 * MiB)]
    [InlineData(long.MaxValue, 256 * MiB)]
    public void Depends_on_the_total_size_alone(long size, long expected) => Assert.Equal(expected, PieceLength.ForSize(size));

    [Theory]
    [InlineData(16384, true)]
    [InlineData(32768, true)]
    [InlineData(1L << 40, true)]
    [InlineData(0, false)]
    [InlineData(-16384, false)]
    [InlineData(long.MinValue, false)]
    [InlineData(8192, false)]
    [InlineData(16383, false)]
    [InlineData(49152, false)]
    public void Is_a_power_of_two_of_at_least_a_block(long length, bool valid) => Assert.Equal(valid, PieceLength.IsValid(length));
}
