using System.Net;
using Polly.Timeout;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Sends batches to Mixpanel's <c>/import</c>, <c>/engage</c> and <c>/groups</c>, one attempt per call: whether and when to repeat is the
/// caller's.</summary>
public sealed class MixpanelClient(IHttpClientFactory clients, TimeProvider clock)
{
    /// <summary>Name of the HTTP client, for those who configure it.</summary>
    public const string HttpClientName = "mixpanel";

    /// <summary>Mixpanel's ceiling for a request.</summary>
    public const int BatchEventsMax = 2_000;

    /// <summary>Mixpanel's other ceiling: the JSON array, uncompressed (see <see cref="BatchBytes"/>).</summary>
    public const int BatchBytesMax = 10 << 20;

    /// <summary>Unless the project says otherwise.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Whose a request is, for what it passes in this process; no server sees it.</summary>
    internal static readonly HttpRequestOptionsKey<MixpanelProject> ProjectOption = new("spid.project");

    /// <summary>What a batch weighs against <see cref="BatchBytesMax"/>: its events, a comma between each two, two brackets.</summary>
    public static long BatchBytes(IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        long bytes = events.Count + 1;
        foreach (var item in events) bytes += item.Length;
        return bytes;
    }

    /// <inheritdoc cref="ImportAsync(MixpanelProject, ImportBatch, CancellationToken)"/>
    /// <param name="events">1 to 2,000, together at most 10 MB, each one whole JSON object in UTF-8; left alone until this returns.</param>
    public Task<SendOutcome> ImportAsync(
        MixpanelProject project, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        var batch = new ImportBatch();
        foreach (var item in events) batch.Add(item);
        return ImportAsync(project, batch, cancellationToken);
    }

    /// <summary>Sends a batch. Ordinary failure is an outcome, never an exception.</summary>
    /// <param name="batch">1 to 2,000 events, together at most 10 MB.</param>
    /// <exception cref="ArgumentException">The batch is empty or larger than Mixpanel takes.</exception>
    /// <exception cref="OperationCanceledException">The caller's token; whether the batch arrived is unknown.</exception>
    public async Task<SendOutcome> ImportAsync(MixpanelProject project, ImportBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count is 0 or > BatchEventsMax)
            throw new ArgumentException($"a batch has 1 to {BatchEventsMax} events, not {batch.Count}", nameof(batch));
        if (batch.Bytes > BatchBytesMax)
            throw new ArgumentException($"a batch has at most {BatchBytesMax} bytes, not {batch.Bytes}", nameof(batch));
        cancellationToken.ThrowIfCancellationRequested();

        using var request = new HttpRequestMessage(HttpMethod.Post, project.ImportUri()) { Content = new ImportContent(batch) };
        request.Headers.Authorization = project.Authorization();
        return await SendAsync(request, project, batch.Count, ImportAnswer.Read, cancellationToken);
    }

    /// <summary>Sends changes of profiles, as <see cref="ImportAsync(MixpanelProject, ImportBatch, CancellationToken)"/> sends events. <see cref="SendOutcome.Accepted"/> means that
    /// Mixpanel found at least one of them good: it does not tell more.</summary>
    /// <param name="changes">1 to 2,000, each one whole JSON object in UTF-8 without <c>$token</c> and not empty; left alone until
    /// this returns.</param>
    /// <exception cref="ArgumentException">The batch is empty or has more than Mixpanel takes.</exception>
    /// <exception cref="OperationCanceledException">The caller's token; whether the batch arrived is unknown.</exception>
    public Task<SendOutcome> EngageAsync(MixpanelProject project, IReadOnlyList<ReadOnlyMemory<byte>> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        return ChangeAsync(project, project.EngageUri(), changes, cancellationToken);
    }

    /// <summary>Sends changes of groups' profiles.</summary>
    /// <inheritdoc cref="EngageAsync"/>
    public Task<SendOutcome> ChangeGroupsAsync(MixpanelProject project, IReadOnlyList<ReadOnlyMemory<byte>> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        return ChangeAsync(project, project.GroupsUri(), changes, cancellationToken);
    }

    private async Task<SendOutcome> ChangeAsync(
        MixpanelProject project, Uri uri, IReadOnlyList<ReadOnlyMemory<byte>> changes, CancellationToken cancellationToken)
    {
        var token = project.TokenMember();
        var bytes = BatchBytes(changes) + (long)changes.Count * token.Length;
        if (changes.Count is 0 or > BatchEventsMax)
            throw new ArgumentException($"a batch has 1 to {BatchEventsMax} changes, not {changes.Count}", nameof(changes));
        cancellationToken.ThrowIfCancellationRequested();

        // The tokens come on top of what the caller has weighed.
        if (bytes > BatchBytesMax) return new SendOutcome.TooLarge();
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new EngageContent(changes, token, (int)bytes) };
        return await SendAsync(request, project, changes.Count, EngageAnswer.Read, cancellationToken);
    }

    private async Task<SendOutcome> SendAsync(
        HttpRequestMessage request, MixpanelProject project, int count, ReadAnswer read, CancellationToken cancellationToken)
    {
        request.Options.Set(ProjectOption, project);
        // The content's buffer goes back to its pool when the request is disposed. Over HTTP/1.1 nothing reads it any
        // more by then: SendAsync returns only after the body was written or has failed.
        (request.Version, request.VersionPolicy) = (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        using var client = clients.CreateClient(HttpClientName);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return await ReadAsync(answer, count, read, cancellationToken);
        }
        catch (HttpRequestException exception) when (
            exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded && count > 1)
        {
            // An answer beyond what is read, such as 2,000 refusals with long names. It would be as long the next time;
            // those of the halves are shorter.
            return new SendOutcome.Unclear("Mixpanel's answer is too long to read") { MayBeCarriedOut = true };
        }
        catch (Exception exception) when (exception
            is HttpRequestException or IOException or TimeoutRejectedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new SendOutcome.Retry(null, Describe(exception, project.Timeout), null, false) { MayBeCarriedOut = !IsBeforeSending(exception) };
        }
    }

    private async Task<SendOutcome> ReadAsync(HttpResponseMessage answer, int sent, ReadAnswer read, CancellationToken cancellationToken)
    {
        var status = (int)answer.StatusCode;
        switch (status)
        {
            case 200 or 400:
                var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                return read(answer.StatusCode, body, sent);
            case 401 or 403:
                return new SendOutcome.Unauthorised(status);
            case 413:
                return new SendOutcome.TooLarge();
            default:
                // 408, 429 and 5xx pass by themselves. The rest (redirects, 404 …) means that no Mixpanel is behind this
                // endpoint; the events are not at fault, so they wait until somebody mends it.
                var after = RetryAfter.Read(answer, clock.GetUtcNow());
                return new SendOutcome.Retry(after, $"Mixpanel answered {status}", status, status == 429) { MayBeCarriedOut = status is 408 or 500 or 502 or 504 };
        }
    }

    private delegate SendOutcome ReadAnswer(HttpStatusCode status, ReadOnlyMemory<byte> body, int sent);

    /// <summary>There was no connection: nothing can have arrived.</summary>
    private static bool IsBeforeSending(Exception exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
    };

    private static string Describe(Exception exception, TimeSpan timeout) => exception switch
    {
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } failure =>
            $"{failure.HttpRequestError}: {failure.Message}",
        TimeoutRejectedException or OperationCanceledException => $"no answer within {timeout.TotalSeconds} s",
        _ => exception.Message,
    };
}
