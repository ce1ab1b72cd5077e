namespace SpidOrleans.DeployTests.Nginx;

/// <summary>Notes every request that its sender would have to call failed.</summary>
internal sealed class Failures(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly List<string> _seen = [];

    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_seen) return [.. _seen];
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (!answer.IsSuccessStatusCode) Note($"{request.Method} {request.RequestUri!.AbsolutePath}: {(int)answer.StatusCode}");
            return answer;
        }
        catch (Exception exception)
        {
            Note($"{request.Method} {request.RequestUri!.AbsolutePath}: {exception.GetBaseException().Message}");
            throw;
        }
    }

    private void Note(string failure)
    {
        lock (_seen) _seen.Add($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {failure}");
    }
}
