using System.Globalization;
using System.Net;
using System.Text;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Reporting;

/// <summary>Writes SVG elements; numbers with a point whatever the culture, and every text escaped, since names come from the network.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();

    /// <param name="width">In units of its own.</param>
    /// <param name="height">Likewise.</param>
    /// <param name="label">What it shows, for who cannot see it.</param>
    /// <param name="stretches">Whether it fills its place, whatever the proportions of that: for lines and areas without text.</param>
    public Svg(double width, double height, string label, bool stretches = false)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {width:0.##} {height:0.##}\" role=\"img\" aria-label=\"{Escape(label)}\" preserveAspectRatio=\"{(stretches ? "none" : "xMidYMid meet")}\">");
    }

    public static string Escape(string text) => WebUtility.HtmlEncode(DisplayName.Escape(text));

    public Svg Line(double x1, double y1, double x2, double y2, string style)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" class=\"{style}\"/>");
        return this;
    }

    public Svg Rectangle(double x, double y, double width, double height, string style, string title = "")
    {
        _text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0, width):0.##}\" height=\"{height:0.##}\" class=\"{style}\">{Title(title)}</rect>");
        return this;
    }

    public Svg Circle(double x, double y, double radius, string style, string title)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" class=\"{style}\">{Title(title)}</circle>");
        return this;
    }

    /// <param name="anchor">start, middle or end.</param>
    public Svg Text(double x, double y, string text, string style = "label", string anchor = "start")
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" class=\"{style}\">{Escape(text)}</text>");
        return this;
    }

    public Svg Path(IEnumerable<(double X, double Y)> points, string style, (double X, double Y)? closeFrom = null, (double X, double Y)? closeTo = null)
    {
        var data = new StringBuilder();
        foreach (var (x, y) in (IEnumerable<(double X, double Y)>)[.. One(closeFrom), .. points, .. One(closeTo)]) data.Append(CultureInfo.InvariantCulture, $"{(data.Length == 0 ? 'M' : 'L')}{x:0.##} {y:0.##}");
        _text.Append(CultureInfo.InvariantCulture, $"<path d=\"{data}{(closeTo is null ? "" : "Z")}\" class=\"{style}\"/>");
        return this;

        static IEnumerable<(double, double)> One((double, double)? point) => point is { } one ? [one] : [];
    }

    public override string ToString() => _text + "</svg>";

    private static string Title(string title) => title.Length == 0 ? "" : $"<title>{Escape(title)}</title>";
}
