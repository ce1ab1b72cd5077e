using System.Text;

namespace SpidOrleans.Web.Ingestion;

/// <summary>What a request says besides its records: in the query with some clients, in the form with others.</summary>
internal sealed record IngestionParameters
{
    private const int ValueBytesMax = 2_000;

    /// <summary>Answer with JSON that gives a reason.</summary>
    public bool IsVerbose { get; private set; }

    /// <summary><c>/import</c>: every record's fault is told.</summary>
    public bool IsStrict { get; private set; }

    /// <summary>The sender's address is the person's.</summary>
    public bool TakesAddress { get; private set; }

    /// <summary>Answer with a pixel.</summary>
    public bool WantsImage { get; private set; }

    /// <summary>Answer with a script that calls this; null: no.</summary>
    public string? Callback { get; private set; }

    /// <summary>A client's secret, from senders that have no other place for it.</summary>
    public string? ApiKey { get; private set; }

    /// <summary>The value of <c>data</c> as it was sent; null: there is none.</summary>
    public ReadOnlyMemory<byte>? Data { get; private set; }

    /// <summary>Takes over what a query or form says.</summary>
    /// <param name="form">Still encoded, without the question mark.</param>
    public void Add(ReadOnlyMemory<byte> form)
    {
        while (!form.IsEmpty)
        {
            var end = form.Span.IndexOf((byte)'&');
            var field = end < 0 ? form : form[..end];
            form = end < 0 ? default : form[(end + 1)..];
            var equals = field.Span.IndexOf((byte)'=');
            if (equals > 0) Add(field.Span[..equals], field[(equals + 1)..]);
        }
    }

    /// <summary>For refusals of a callback that must not be repeated.</summary>
    public IngestionParameters WithoutCallback() => this with { Callback = null };

    private void Add(ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
    {
        switch (name)
        {
            case var _ when name.SequenceEqual("data"u8): Data = value; break;
            case var _ when name.SequenceEqual("verbose"u8): IsVerbose = IsOne(value.Span); break;
            case var _ when name.SequenceEqual("strict"u8): IsStrict = IsOne(value.Span); break;
            case var _ when name.SequenceEqual("ip"u8): TakesAddress = IsOne(value.Span); break;
            case var _ when name.SequenceEqual("img"u8): WantsImage = IsOne(value.Span); break;
            case var _ when name.SequenceEqual("callback"u8): Callback = Text(value.Span); break;
            case var _ when name.SequenceEqual("api_key"u8): ApiKey = Text(value.Span); break;
        }
    }

    private static bool IsOne(ReadOnlySpan<byte> value) => value.SequenceEqual("1"u8) || value.SequenceEqual("true"u8);

    private static string? Text(ReadOnlySpan<byte> value) =>
        value.Length is 0 or > ValueBytesMax ? null : Encoding.UTF8.GetString(PayloadText.Unescape(value, plus: (byte)' '));
}
