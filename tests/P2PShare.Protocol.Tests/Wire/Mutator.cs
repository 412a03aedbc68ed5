namespace P2PShare.Protocol.Tests.Wire;

/// <summary>Seeded hostile input: valid samples with bytes changed, cut, doubled and put elsewhere, and plain noise.</summary>
internal static class Mutator
{
    public static IEnumerable<byte[]> Mutations(byte[] sample, int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++) yield return Mutate(sample, random);
    }

    public static IEnumerable<byte[]> Noise(int seed, int count, int maxLength = 200)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var bytes = new byte[random.Next(maxLength)];
            random.NextBytes(bytes);
            yield return bytes;
        }
    }

    /// <summary>Runs a parser over hostile input; whatever it throws that is no <see cref="ProtocolException"/> fails the test.</summary>
    /// <returns>How many inputs the parser refused.</returns>
    public static int CountRefused(IEnumerable<byte[]> inputs, Action<byte[]> parse)
    {
        var refused = 0;
        foreach (var input in inputs)
        {
            try
            {
                parse(input);
            }
            catch (ProtocolException)
            {
                refused++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"{fault.GetType().Name} escaped for {Convert.ToHexString(input)}: {fault}");
            }
        }

        return refused;
    }

    private static byte[] Mutate(byte[] sample, Random random)
    {
        var bytes = sample.ToList();
        for (var edits = 1 + random.Next(3); edits > 0 && bytes.Count > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.Insert(at, "0123456789:idle-"u8[random.Next(16)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
