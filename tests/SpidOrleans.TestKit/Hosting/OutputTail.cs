namespace SpidOrleans.TestKit.Hosting;

/// <summary>The last lines that a process wrote, for the message of a failing test.</summary>
internal sealed class OutputTail
{
    private const int LinesMax = 400;

    private readonly Queue<string> _lines = new();

    public void Add(string? line)
    {
        if (line is null) return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesMax) _lines.Dequeue();
        }
    }

    public override string ToString()
    {
        lock (_lines) return string.Join(Environment.NewLine, _lines);
    }
}
