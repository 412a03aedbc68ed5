using System.Text;

namespace P2PShare.Cli.Output;

/// <summary>Columns of text, aligned; the last one is never padded or cut, so that lines can be piped on.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    /// <summary>Adds a row; a cell that starts with a digit and whose column is named in <see cref="RightAligned"/> stands right.</summary>
    public void Add(params string[] cells) => _rows.Add(Array.ConvertAll(cells, Printable.Text));

    /// <summary>The headings of the columns that stand right.</summary>
    public HashSet<string> RightAligned { get; init; } = [];

    public void WriteTo(TextWriter writer)
    {
        var widths = headings.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                if (column > 0) line.Append("  ");
                if (RightAligned.Contains(headings[column])) line.Append(row[column].PadLeft(widths[column]));
                else line.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column]));
            }

            writer.WriteLine(line.ToString().TrimEnd());
        }
    }
}
