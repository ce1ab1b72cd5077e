using System.Globalization;
using System.Text;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>A request's bytes, made once; only the visitors and the running numbers change, at equal lengths.</summary>
internal sealed class RequestTemplate
{
    private const int NumberDigits = 12;

    private readonly byte[] _bytes;
    private readonly int[] _visitors;
    private readonly int[] _numbers;
    private readonly int _visitorsPerRequest;

    private RequestTemplate(byte[] bytes, int[] visitors, int[] numbers, int visitorsPerRequest) =>
        (_bytes, _visitors, _numbers, _visitorsPerRequest) = (bytes, visitors, numbers, visitorsPerRequest);

    public ReadOnlySpan<byte> Bytes => _bytes;

    public static RequestTemplate Build(Uri address, TestClient client, int events, int visitors)
    {
        var visitor = Guid.Empty.ToString();
        // Not zeros, of which the visitor's place has as many.
        var number = new string('#', NumberDigits);
        var one = $$$"""{"event":"Article read","visitorId":"{{{visitor}}}","properties":{"n":"{{{number}}}","Article":"8Jq2Lz","Section":"sports","Premium":true,"Seconds read":42.5,"Tags":["football","women","cup"]}}""";
        var body = $$"""{"events":[{{string.Join(',', Enumerable.Repeat(one, events))}}]}""";
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client.ClientId}:{client.Secret}"));
        var request = $"POST /v1/events HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Basic {credentials}\r\n" +
            $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        var bytes = Encoding.ASCII.GetBytes(request);
        return new RequestTemplate(bytes, Places(request, visitor), Places(request, number), visitors);
    }

    /// <summary>A copy for another connection.</summary>
    public RequestTemplate Copy() => new([.. _bytes], _visitors, _numbers, _visitorsPerRequest);

    /// <summary>Makes the next request: other visitors, numbers that go on.</summary>
    public void Fill(Visitors visitors, Random random, ref long number)
    {
        for (var i = 0; i < _visitors.Length; i++)
        {
            var id = _bytes.AsSpan(_visitors[i], Visitors.IdLength);
            if (i < _visitorsPerRequest) visitors.Pick(random, id);
            else _bytes.AsSpan(_visitors[i - _visitorsPerRequest], Visitors.IdLength).CopyTo(id);
            number++.TryFormat(_bytes.AsSpan(_numbers[i], NumberDigits), out _, "D12", CultureInfo.InvariantCulture);
        }
    }

    private static int[] Places(string text, string part)
    {
        var places = new List<int>();
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
            places.Add(at);
        return [.. places];
    }
}
