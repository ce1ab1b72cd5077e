using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Turns Mixpanel's words into an outcome. Pure; where the words are in doubt, nothing counts as delivered or refused.</summary>
internal static class ImportAnswer
{
    /// <summary>Mixpanel's texts are cut here before they reach logs and dead letters.</summary>
    public const int MessageCharsMax = 500;

    /// <summary>Reads an answer with status 200 or 400, whose body decides.</summary>
    /// <param name="sent">How many events the batch had.</param>
    public static SendOutcome Read(HttpStatusCode status, ReadOnlyMemory<byte> body, int sent)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var answer = document.RootElement;
            if (answer.ValueKind == JsonValueKind.Object)
                return status == HttpStatusCode.OK ? ReadSuccess(answer, sent) : ReadRefusal(answer, sent);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Cut off, a page of some proxy, or (InvalidOperationException) text that is not Unicode.
        }

        // A 400 in another form than Mixpanel's comes from something on the way, so it says nothing about the events:
        // taking it for a refusal would turn a misconfigured proxy into a dead letter for every event.
        return Retry(status, $"the answer {(int)status} is not a JSON object");
    }

    private static SendOutcome ReadSuccess(JsonElement answer, int sent)
    {
        if (Number(answer, "code") is not 200) return Retry(HttpStatusCode.OK, "the answer 200 lacks code 200");
        if (!answer.TryGetProperty("num_records_imported", out _)) return new SendOutcome.Accepted();
        // Fewer than sent: some are missing and nobody says which. All of them again costs a repeat, which counts once;
        // calling it accepted would lose them.
        return Number(answer, "num_records_imported") is { } imported && imported >= sent
            ? new SendOutcome.Accepted()
            : Retry(HttpStatusCode.OK, $"the answer 200 does not confirm all {sent} events");
    }

    private static SendOutcome ReadRefusal(JsonElement answer, int sent)
    {
        var records = ReadRecords(answer, sent);
        if (records.IsEmpty)
        {
            var error = Text(answer, "error") ?? "Mixpanel answered 400 without a reason";
            return sent == 1
                ? new SendOutcome.Refused([new RefusedEvent(0, null, error)])
                : new SendOutcome.Unclear(error);
        }

        // «The others are stored» is what the caller acts on, so the count must not contradict it.
        if (sent > 1 && Number(answer, "num_records_imported") is { } imported && imported < sent - records.Length)
            return new SendOutcome.Unclear($"Mixpanel refused {records.Length} of {sent} events but stored {imported}");
        return new SendOutcome.Refused(records);
    }

    /// <summary>By index: the id is spelled in two ways, is the sender's own, and may be the very thing that is wrong.</summary>
    /// <returns>Empty unless every record is usable: one bad index makes the others doubtful.</returns>
    private static ImmutableArray<RefusedEvent> ReadRecords(JsonElement answer, int sent)
    {
        if (!answer.TryGetProperty("failed_records", out var list) || list.ValueKind != JsonValueKind.Array) return [];
        var records = new SortedDictionary<int, RefusedEvent>();
        foreach (var record in list.EnumerateArray())
        {
            if (record.ValueKind != JsonValueKind.Object) return [];
            if (Number(record, "index") is not { } index || index < 0 || index >= sent) return [];
            var refused = new RefusedEvent(
                (int)index, Text(record, "field") ?? "event", Text(record, "message") ?? "refused without a message");
            records.TryAdd(refused.Index, refused);
        }

        return [.. records.Values];
    }

    private static SendOutcome.Retry Retry(HttpStatusCode status, string reason) => new(null, reason, (int)status, false);

    private static long? Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : null;

    private static string? Text(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        return Cut(value.GetString()!);
    }

    /// <summary>Not too long, and without what databases refuse, NUL and half a surrogate pair: a message must not keep its event
    /// from being buried.</summary>
    internal static string Cut(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length <= MessageCharsMax ? text : text[..MessageCharsMax])).Replace('\0', '\uFFFD');
}
