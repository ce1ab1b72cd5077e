using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.TestKit.StandIn;

/// <summary>A deletion that was asked for, as its body named the ids.</summary>
public sealed record DeletionArrival(string Task, string Token, IReadOnlyList<string> Ids, string Bearer, long ArrivalsBefore);

public sealed partial class MixpanelStandIn
{
    private const string DeletionPath = "/api/app/data-deletions/v3.0/";

    private readonly ConcurrentQueue<DeletionArrival> _deletions = new();

    /// <summary>Every deletion that was taken.</summary>
    public IReadOnlyCollection<DeletionArrival> Deletions => _deletions;

    /// <summary>How often each was asked after, by its task.</summary>
    public ConcurrentDictionary<string, int> Followed { get; } = new();

    /// <summary>What is answered about a task that was asked after so many times before.</summary>
    public Func<DeletionArrival, int, string> DeletionStatus { get; set; } = (_, _) => "SUCCESS";

    /// <summary>The status of the answer instead of taking a deletion; 200: it is taken.</summary>
    public Func<int> RefuseDeletion { get; set; } = () => 200;

    private async Task DeleteAsync(HttpContext context)
    {
        var request = context.Request;
        var bearer = request.Headers.Authorization.ToString();
        var task = request.Path.Value![DeletionPath.Length..];
        if (!bearer.StartsWith("Bearer ", StringComparison.Ordinal) || request.Query["token"].Count != 1)
        {
            await ComplainAsync(context, 401, "a deletion without credentials or token");
            return;
        }

        if (HttpMethods.IsGet(request.Method))
        {
            var followed = _deletions.FirstOrDefault(known => known.Task == task);
            var before = Followed.AddOrUpdate(task, 1, (_, count) => count + 1) - 1;
            var status = followed is null ? "NOT_FOUND" : DeletionStatus(followed, before);
            await WriteAsync(context, 200, JsonSerializer.SerializeToUtf8Bytes(new { status = "ok", results = new { status } }));
            return;
        }

        var body = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, cancellationToken: context.RequestAborted);
        if (RefuseDeletion() is not 200 and var refusal)
        {
            await WriteAsync(context, refusal, "{}"u8.ToArray());
            return;
        }

        var asked = new DeletionArrival(
            Guid.NewGuid().ToString("N"), request.Query["token"]!, [.. body.GetProperty("distinct_ids").EnumerateArray().Select(id => id.GetString()!)], bearer["Bearer ".Length..],
            Arrivals.Snapshot().Count);
        _deletions.Enqueue(asked);
        await WriteAsync(context, 200, JsonSerializer.SerializeToUtf8Bytes(new { status = "ok", results = new { task_id = asked.Task } }));
    }
}
