using System.Net;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Turns what <c>/engage</c> says into an outcome. Pure. It answers 200 to what it refuses too, and of several changes it
/// takes the good ones and says no more than that: so what is sent must be written in such a way that it has nothing to refuse.</summary>
internal static class EngageAnswer
{
    /// <summary>Reads an answer with status 200 or 400, whose body decides: <c>{"status":1}</c> or the bare <c>1</c> means taken,
    /// <c>0</c> refused.</summary>
    /// <param name="sent">How many changes the batch had.</param>
    public static SendOutcome Read(HttpStatusCode status, ReadOnlyMemory<byte> body, int sent)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var answer = document.RootElement;
            var isTaken = StatusOf(answer);
            var error = ErrorOf(answer);
            if (status == HttpStatusCode.OK && isTaken == true && error is null) return new SendOutcome.Accepted();
            if (isTaken == false || error is not null) return Refused(error ?? "Mixpanel took no change and gave no reason", sent, isAnyTaken: isTaken == true);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Cut off, or a page of some proxy.
        }

        return new SendOutcome.Retry(null, $"the answer {(int)status} is none of /engage", (int)status, false) { MayBeCarriedOut = true };
    }

    private static SendOutcome Refused(string error, int sent, bool isAnyTaken) =>
        sent == 1 ? new SendOutcome.Refused([new RefusedEvent(0, null, error)]) : new SendOutcome.Unclear(error) { MayBeCarriedOut = isAnyTaken };

    private static bool? StatusOf(JsonElement answer)
    {
        var status = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("status", out var named) ? named : answer;
        return status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var number) && number is 0 or 1 ? number == 1 : null;
    }

    private static string? ErrorOf(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.String) return null;
        return error.GetString() is { Length: > 0 } text ? ImportAnswer.Cut(text) : null;
    }
}
