using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.ClientApi;

/// <param name="Visitors">All visitors that were ever linked to the user.</param>
/// <param name="Traits">The asking client's.</param>
/// <param name="Agreements">Clients whose terms the user has accepted.</param>
/// <param name="TrackingRefused">The user wants no tracking.</param>
/// <param name="Erased">The user was erased.</param>
/// <param name="PendingEvents">What waits for Mixpanel in the client's project, as it is going to be sent.</param>
/// <param name="PendingProfileChanges">Changes of Mixpanel's profile, likewise.</param>
/// <param name="DeadLetters">What Mixpanel refused, in the client's project.</param>
/// <param name="IsCut">There is more than an export holds: 100,000 events, changes or letters each.</param>
public sealed record UserExportAnswer(
    string UserId, IReadOnlyList<string> Visitors, ProfileFields Profile, Traits Traits, IReadOnlyList<string> Agreements, bool TrackingRefused, bool Erased,
    IReadOnlyList<JsonObject> PendingEvents, IReadOnlyList<JsonObject> PendingProfileChanges, IReadOnlyList<DeadLetterAnswer> DeadLetters, bool IsCut);

/// <summary><c>GET /v1/users/{userId}/export</c>: all that is held about a user and that this client may see, page by page into the answer.</summary>
internal static class ExportApi
{
    /// <summary>Of each kind.</summary>
    private const int CountMax = 100_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/users/{userId}/export", ExportAsync).Describe("exportUser", "Exports all that is held about a user",
            "Profile, visitors and agreements are common to all clients; of traits the client gets its own, of events and dead letters those of its "
            + "own project. What was delivered is Mixpanel's to export. An answer that breaks off is not whole: ask again.",
            answer: typeof(UserExportAnswer), refusals: [400, 401, 503]);

    private static async Task ExportAsync(HttpContext context, IGrainFactory grains)
    {
        if (context.Features.Get<UserAddress>()?.UserId is not { } user)
        {
            await Problem.Invalid("userId", "must be " + UserId.Rule).ExecuteAsync(context);
            return;
        }

        var client = context.GetClient();
        var grain = grains.GetUser(user);
        var export = await ClusterCall.OrUnavailableAsync(() => grain.ExportAsync(client.Id));
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        var body = context.Response.BodyWriter;
        await using var writer = new Utf8JsonWriter(body, Options);
        writer.WriteStartObject();
        WriteKnown(writer, user, export);
        var isCut = await WritePendingAsync(writer, "pendingEvents", body, after => grain.ReadPendingAsync(client.Source.Project, false, after), context.RequestAborted);
        isCut |= await WritePendingAsync(writer, "pendingProfileChanges", body, after => grain.ReadPendingAsync(client.Source.Project, true, after), context.RequestAborted);
        isCut |= await WriteLettersAsync(writer, body, grains, client, user, context.RequestAborted);
        writer.WriteBoolean("isCut"u8, isCut);
        writer.WriteEndObject();
        await FlushAsync(writer, body, context.RequestAborted);
    }

    private static async Task FlushAsync(Utf8JsonWriter writer, PipeWriter body, CancellationToken cancellationToken)
    {
        writer.Flush();
        await body.FlushAsync(cancellationToken);
    }

    private static void WriteKnown(Utf8JsonWriter writer, UserId user, UserExport export)
    {
        writer.WriteString("userId"u8, user.ToString());
        writer.WriteStartArray("visitors"u8);
        foreach (var visitor in export.Visitors) writer.WriteStringValue(visitor.AsSpan(2));
        writer.WriteEndArray();
        writer.WritePropertyName("profile"u8);
        JsonSerializer.Serialize(writer, ProfileFields.From(export.Profile), AnswerJson.Default.ProfileFields);
        writer.WritePropertyName("traits"u8);
        JsonSerializer.Serialize(writer, Traits.From(export.Traits), AnswerJson.Default.Traits);
        writer.WriteStartArray("agreements"u8);
        foreach (var agreement in export.Agreements) writer.WriteStringValue(agreement);
        writer.WriteEndArray();
        writer.WriteBoolean("trackingRefused"u8, export.IsTrackingRefused);
        writer.WriteBoolean("erased"u8, export.IsErased);
    }

    /// <returns>True when there is more than was written.</returns>
    private static async Task<bool> WritePendingAsync(Utf8JsonWriter writer, string name, PipeWriter body, Func<long, Task<PendingPage>> read, CancellationToken cancellationToken)
    {
        writer.WriteStartArray(name);
        var count = 0;
        long? after = 0;
        while (after is { } from && count < CountMax)
        {
            var page = await ClusterCall.OrUnavailableAsync(() => read(from));
            foreach (var payload in page.Payloads) writer.WriteRawValue(payload.Span);
            (count, after) = (count + page.Payloads.Count, page.Next);
            await FlushAsync(writer, body, cancellationToken);
        }

        writer.WriteEndArray();
        return after is not null;
    }

    /// <inheritdoc cref="WritePendingAsync"/>
    private static async Task<bool> WriteLettersAsync(
        Utf8JsonWriter writer, PipeWriter body, IGrainFactory grains, Client client, UserId user, CancellationToken cancellationToken)
    {
        writer.WriteStartArray("deadLetters"u8);
        var query = new DeadLetterQuery { User = user, Limit = DeadLetterQuery.LimitMax };
        var count = 0;
        do
        {
            var page = await ClusterCall.OrUnavailableAsync(() => grains.GetGrain<IDeadLetterGrain>(Random.Shared.Next()).ListAsync(client.Source.Project, query));
            if (page.IsUnavailable) throw new ClusterUnavailableException("the dead letters could not be read", new TimeoutException());
            foreach (var letter in page.Letters) DeadLetterJson.Write(writer, letter);
            (count, query) = (count + page.Letters.Count, query with { Cursor = page.Next });
            await FlushAsync(writer, body, cancellationToken);
        }
        while (query.Cursor is not null && count < CountMax);

        writer.WriteEndArray();
        return query.Cursor is not null;
    }
}
