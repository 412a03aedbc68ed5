using Spectre.Console;
using Spectre.Console.Rendering;

namespace P2PShare.Cli.Output;

/// <summary>How many bytes are done, of how many, and how fast, in the units of the rest of the output.</summary>
internal sealed class BytesColumn : ProgressColumn
{
    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var length = Printable.Bytes((long)task.MaxValue);
        if (task.IsFinished) return new Text(length);
        var rate = task.Speed is { } speed ? Printable.Rate((long)speed) : "";
        return new Text($"{Printable.Bytes((long)task.Value)} of {length}  {rate}");
    }

    public override int? GetColumnWidth(RenderOptions options) => "12.3 MB of 12.3 MB  12.3 MB/s".Length;
}
