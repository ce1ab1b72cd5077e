using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Changes of profiles in Mixpanel's format, into the cluster: a person's follow what the person did before.</summary>
internal sealed class ProfileIngestion(SpidSettings settings, AddressBook addresses, IGrainFactory grains)
{
    public const string NoTokenRule = "$token, missing or empty";
    public const string ForeignTokenRule = "'$token' is invalid: is not of the same project as the first change's";
    public const string GroupRule = "$group_key and $group_id, missing, empty or longer than 255 characters";
    public const string NoPersonRule = "'$distinct_id' is invalid: a change of a group must not name a person";
    public const string UnprovenGroupRule = "'$group_id' is invalid: a group is changed with the client's credentials, or by a page of its origins";

    /// <param name="ofGroups">As <c>/groups</c>.</param>
    public async Task<IngestionOutcome> ChangeAsync(HttpContext context, IngestionPayload payload, SenderOf find, bool ofGroups)
    {
        var reader = new UpdateReader();
        if (RecordList.Read(payload.Json.Span, settings.Limits.EventsPerRequest, ref reader, out var isTooMany) is { } fault)
            return IngestionOutcome.Refused(fault);
        if (isTooMany)
        {
            return IngestionOutcome.Refused(
                $"request exceeds max limit of {settings.Limits.EventsPerRequest} changes (Limits:EventsPerRequest)", StatusCodes.Status413PayloadTooLarge);
        }

        var records = reader.Records;
        var token = records.Find(record => record.Token is not null)?.Token;
        if (find(token, records.Count, out var refusal) is not { } sender || refusal is not null) return refusal!;

        var ip = payload.Parameters.TakesAddress ? BrowserCall.Ip(context) : null;
        for (var i = 0; i < records.Count; i++)
        {
            if (records[i].Update is { Ip: null } update && ip is not null) records[i] = records[i] with { Update = update with { Ip = ip } };
        }

        var isUnwanted = !sender.IsProven && BrowserCall.RefusesTracking(context.Request, settings.Privacy);
        return ofGroups ? await ChangeGroupsAsync(sender, records) : await ChangePersonsAsync(sender, records, isUnwanted);
    }

    /// <param name="isUnwanted">The browser says that its person wants no tracking: nothing is changed, and nothing is wrong.</param>
    private async Task<IngestionOutcome> ChangePersonsAsync(Sender sender, List<UpdateRecord> records, bool isUnwanted)
    {
        var claims = records.ConvertAll(record => record.Update is null ? default : Claim.Of(record.Ids, sender.Source.Project));
        var addressing = await addresses.LookUpAsync(sender, claims);
        var addressees = new Dictionary<(VisitorId?, UserId?), ImmutableArray<ProfileUpdate>.Builder>();
        var outcome = Sort(sender, records, (record, index) =>
        {
            var (visitor, user, wrong) = addressing.Resolve(claims[index]);
            if (wrong is not null) return new RecordFault("$distinct_id", "'$distinct_id' " + wrong);
            if (addressing is { IsProven: false, Cookie: null } && ProfileOperations.TakesAway(record.Update!.Operation)) return TakesAwayFault(record.Update.Operation);
            Add(addressees, (visitor, user), record.Update!);
            return null;
        });
        if (isUnwanted) return outcome;
        return await CarryOutAsync(outcome, addressees, (addressee, updates) => addressee switch
        {
            (_, { } user) => grains.GetUser(user).ChangeProfileAsync(sender.Source, updates),
            ({ } visitor, _) => grains.GetVisitor(visitor).ChangeProfileAsync(sender.Source, updates, addressing.LeadsOn, addressing.BrowserKey),
            _ => throw new InvalidOperationException("a change of nobody's profile"),
        });
    }

    private Task<IngestionOutcome> ChangeGroupsAsync(Sender sender, List<UpdateRecord> records)
    {
        var groups = new Dictionary<GroupId, ImmutableArray<ProfileUpdate>.Builder>();
        var outcome = Sort(sender, records, (record, _) =>
        {
            if (record.GroupKey is not { Length: <= GroupId.CharsMax } key || record.GroupId is not { Length: <= GroupId.CharsMax } id) return new RecordFault("$group_id", GroupRule);
            if (record.Ids.Distinct is not null) return new RecordFault("$distinct_id", NoPersonRule);
            if (sender is { IsProven: false, IsPage: false }) return new RecordFault("$group_id", UnprovenGroupRule);
            if (!sender.IsProven && ProfileOperations.TakesAway(record.Update!.Operation)) return TakesAwayFault(record.Update.Operation);
            Add(groups, new GroupId { GroupKey = key, Id = id }, record.Update!);
            return null;
        });
        return CarryOutAsync(outcome, groups, (group, updates) => grains.GetGrain<IGroupGrain>(group.Key).ChangeAsync(sender.Source, group, updates));
    }

    /// <summary>Which records are taken, and why not the others.</summary>
    /// <param name="take">Takes one that has something to do; or says why not.</param>
    private static IngestionOutcome Sort(Sender sender, List<UpdateRecord> records, Func<UpdateRecord, int, RecordFault?> take)
    {
        var failed = new List<FailedRecord>();
        for (var index = 0; index < records.Count; index++)
        {
            var record = records[index];
            var fault = record.Fault ?? FindTokenFault(record, sender) ?? (record.Update is null ? null : take(record, index));
            if (fault is { } found) failed.Add(new FailedRecord(index, "", found));
        }

        return new IngestionOutcome { Accepted = records.Count - failed.Count, Failed = failed };
    }

    private static async Task<IngestionOutcome> CarryOutAsync<TAddressee>(
        IngestionOutcome outcome, Dictionary<TAddressee, ImmutableArray<ProfileUpdate>.Builder> addressees,
        Func<TAddressee, ImmutableArray<ProfileUpdate>, Task<TrackOutcome>> change)
        where TAddressee : notnull
    {
        if (addressees.Count == 0) return outcome;
        var outcomes = await Task.WhenAll(addressees.Select(addressee =>
        {
            var updates = addressee.Value.DrainToImmutable();
            var isRepeatable = updates.All(update => ProfileOperations.IsRepeatable(update.Operation));
            return ClusterCall.OrUnavailableAsync(() => change(addressee.Key, updates), isRepeatable);
        }));
        return IngestionOutcome.Of(TrackOutcomes.Worst(outcomes), outcome.Accepted, outcome.Failed);
    }

    private static void Add<TAddressee>(Dictionary<TAddressee, ImmutableArray<ProfileUpdate>.Builder> addressees, TAddressee addressee, ProfileUpdate update)
        where TAddressee : notnull
    {
        if (!addressees.TryGetValue(addressee, out var updates)) addressees[addressee] = updates = ImmutableArray.CreateBuilder<ProfileUpdate>();
        updates.Add(update);
    }

    private static RecordFault? FindTokenFault(UpdateRecord record, Sender sender) =>
        record.Token == sender.Token || (record.Token is null && sender.IsProven) ? null
        : new RecordFault("$token", record.Token is null ? NoTokenRule : ForeignTokenRule);

    private static RecordFault TakesAwayFault(string operation) =>
        new(operation, $"'{operation}' is invalid: what takes something away needs the client's credentials, or of a person the visitor's cookie");
}
