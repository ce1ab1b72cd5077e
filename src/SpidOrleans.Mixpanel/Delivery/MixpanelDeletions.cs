using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Polly.Timeout;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Mixpanel's deletion API, one attempt per call. It takes one request a second, which is the caller's to keep.</summary>
public sealed class MixpanelDeletions(IHttpClientFactory clients, TimeProvider clock)
{
    internal const string Path = "/api/app/data-deletions/v3.0/";

    /// <param name="deletionToken">Of the API.</param>
    /// <param name="ids">A JSON list of at most 2,000 ids.</param>
    public Task<DeletionOutcome> AskAsync(MixpanelProject project, string deletionToken, string ids, CancellationToken cancellationToken) => SendAsync(
        project, HttpMethod.Post, null, deletionToken, $$"""{"distinct_ids":{{ids}},"compliance_type":"GDPR"}""", ReadAsked, cancellationToken);

    /// <param name="task">As Mixpanel called it.</param>
    /// <inheritdoc cref="AskAsync"/>
    public Task<DeletionOutcome> FollowAsync(MixpanelProject project, string deletionToken, string task, CancellationToken cancellationToken) =>
        SendAsync(project, HttpMethod.Get, task, deletionToken, null, ReadFollowed, cancellationToken);

    /// <summary>The residency's application host; an address of one's own serves both.</summary>
    internal static Uri UriOf(Uri endpoint, string token, string? task = null)
    {
        var host = endpoint.Host.ToUpperInvariant() switch
        {
            "API.MIXPANEL.COM" => "mixpanel.com",
            "API-EU.MIXPANEL.COM" => "eu.mixpanel.com",
            "API-IN.MIXPANEL.COM" => "in.mixpanel.com",
            _ => null,
        };
        var address = host is null ? endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/') : "https://" + host;
        return new Uri($"{address}{Path}{(task is null ? "" : Uri.EscapeDataString(task))}?token={Uri.EscapeDataString(token)}");
    }

    private async Task<DeletionOutcome> SendAsync(
        MixpanelProject project, HttpMethod method, string? task, string deletionToken, string? json, Func<JsonElement, DeletionOutcome> read,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        using var request = new HttpRequestMessage(method, UriOf(project.Endpoint, project.Token, task)) { Version = HttpVersion.Version11 };
        request.Options.Set(MixpanelClient.ProjectOption, project);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", deletionToken);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var client = clients.CreateClient(MixpanelClient.HttpClientName);
        try
        {
            using var answer = await client.SendAsync(request, cancellationToken);
            var status = (int)answer.StatusCode;
            if (status is 401 or 403) return new DeletionOutcome.Unauthorised(status);
            if (status == 404 && method == HttpMethod.Get) return new DeletionOutcome.Failed("not found");
            if (status != 200) return new DeletionOutcome.Retry(RetryAfter.Read(answer, clock.GetUtcNow()), $"Mixpanel answered {status}");
            return read(JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken)));
        }
        catch (JsonException)
        {
            return new DeletionOutcome.Retry(null, "Mixpanel's answer is no JSON");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutRejectedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DeletionOutcome.Retry(null, exception.GetType().Name);
        }
    }

    /// <summary>The reference's example and its schema differ: <c>results[].tracking_id</c> or <c>results.task_id</c>.</summary>
    private static DeletionOutcome ReadAsked(JsonElement answer) =>
        Find(Results(answer), "task_id", "tracking_id") is { Length: > 0 } task ? new DeletionOutcome.Asked(task) : new DeletionOutcome.Retry(null, "Mixpanel names no task");

    private static DeletionOutcome ReadFollowed(JsonElement answer)
    {
        var status = Find(Results(answer), "status") ?? "";
        return status.ToUpperInvariant() switch
        {
            "SUCCESS" => new DeletionOutcome.Done(),
            "FAILURE" or "REVOKED" or "NOT_FOUND" => new DeletionOutcome.Failed(status),
            _ => new DeletionOutcome.Running(status),
        };
    }

    private static JsonElement Results(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("results", out var results)) return default;
        return results.ValueKind == JsonValueKind.Array && results.GetArrayLength() > 0 ? results[0] : results;
    }

    private static string? Find(JsonElement results, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (results.ValueKind == JsonValueKind.Object && results.TryGetProperty(name, out var value)) return value.ToString();
        }

        return null;
    }
}
