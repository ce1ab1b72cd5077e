using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Events in Mixpanel's format, into the cluster. As at Mixpanel one that is refused does not keep the others back.</summary>
internal sealed class EventIngestion(SpidSettings settings, AddressBook addresses, EventTracker tracker, TimeProvider clock)
{
    public const string ForeignTokenRule = "'properties.token' is invalid: is not of the same project as the first event's";
    public const string NoTokenRule = "'properties.token' must not be missing or empty";

    /// <param name="isStrict">As with <c>strict=1</c>: time and insert id must be there.</param>
    public async Task<IngestionOutcome> TrackAsync(HttpContext context, IngestionPayload payload, SenderOf find, bool isStrict)
    {
        var reader = new TrackReader(payload.Json, clock.GetUtcNow(), isStrict);
        if (RecordList.Read(payload.Json.Span, settings.Limits.EventsPerRequest, ref reader, out var isTooMany) is { } fault)
            return IngestionOutcome.Refused(fault);
        if (isTooMany)
        {
            return IngestionOutcome.Refused(
                $"request exceeds max limit of {settings.Limits.EventsPerRequest} events (Limits:EventsPerRequest)", StatusCodes.Status413PayloadTooLarge);
        }

        var records = reader.ToRecords();
        var token = records.Find(record => record.Token is not null)?.Token;
        if (find(token, records.Count, out var refusal) is not { } sender || refusal is not null) return refusal!;
        return await TrackAsync(context, payload.Parameters, sender, records);
    }

    private async Task<IngestionOutcome> TrackAsync(HttpContext context, IngestionParameters parameters, Sender sender, List<TrackRecord> records)
    {
        var claims = records.ConvertAll(record => record.Event is null ? default : Claim.Of(record.Ids, sender.Source.Project));
        var addressing = await addresses.LookUpAsync(sender, claims);
        var ip = parameters.TakesAddress ? BrowserCall.Ip(context) : null;
        var userAgent = sender.IsBrowser ? BrowserCall.UserAgent(context) : null;

        var failed = new List<FailedRecord>();
        var tracked = ImmutableArray.CreateBuilder<AddressedEvent>(records.Count);
        for (var index = 0; index < records.Count; index++)
        {
            var record = records[index];
            var fault = record.Fault ?? FindTokenFault(record, sender);
            if (fault is null && record.Event is { } sent)
            {
                var (visitor, user, wrong) = addressing.Resolve(claims[index]);
                if (wrong is null) tracked.Add(new AddressedEvent(visitor, user, sent with { Ip = sent.Ip ?? ip, UserAgent = userAgent }));
                else fault = new RecordFault("properties.distinct_id", "'properties.distinct_id' " + wrong);
            }

            if (fault is { } found) failed.Add(new FailedRecord(index, record.SentInsertId, found));
        }

        var accepted = records.Count - failed.Count;
        // As with a refusal of consent, a person's wish is no fault of the record.
        var isUnwanted = !sender.IsProven && BrowserCall.RefusesTracking(context.Request, settings.Privacy);
        if (tracked.Count == 0 || isUnwanted) return new IngestionOutcome { Accepted = accepted, Failed = failed };
        var result = await tracker.TrackAsync(sender.Source, tracked.DrainToImmutable(), addressing.LeadsOn, addressing.BrowserKey);
        return IngestionOutcome.Of(result.Outcome, accepted, failed);
    }

    private static RecordFault? FindTokenFault(TrackRecord record, Sender sender) =>
        record.Token == sender.Token || (record.Token is null && sender.IsProven) ? null
        : new RecordFault("properties.token", record.Token is null ? NoTokenRule : ForeignTokenRule);
}
