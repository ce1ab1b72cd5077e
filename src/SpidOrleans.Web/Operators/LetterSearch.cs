using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Operators;

/// <summary>What somebody looks for among dead letters.</summary>
/// <param name="Identity">A visitor's or user's id.</param>
public sealed record LetterSearch(string? Project, string? Event, string? Identity, string? InsertId, string? Reason, DeadLetterCursor? Cursor)
{
    private const int TextMax = 255;

    /// <summary>False: the identity can be none, so nothing is its.</summary>
    public bool IsPossible => Identity is null || VisitorId.TryParse(Identity, out _) || UserId.TryParse(Identity, out _);

    public static LetterSearch Read(Func<string, string?> field)
    {
        return new LetterSearch(
            Text("project"), Text("event"), Text("id"), Text("insertId"), Text("reason"), DeadLetterCursor.TryParse(field("cursor"), out var cursor) ? cursor : null);

        string? Text(string name) => field(name)?.Trim() is { Length: > 0 and <= TextMax } text && !text.Contains('\0') ? text : null;
    }

    public DeadLetterQuery ToQuery(int limit)
    {
        var visitor = VisitorId.TryParse(Identity, out var browser) ? browser : (VisitorId?)null;
        return new DeadLetterQuery
        {
            Event = Event,
            Visitor = visitor,
            User = visitor is null && UserId.TryParse(Identity, out var user) ? user : null,
            InsertId = InsertId,
            Reason = Reason,
            Cursor = Cursor,
            Limit = limit,
        };
    }

    /// <summary>With the cursor, if one is given.</summary>
    public string ToQueryString(DeadLetterCursor? cursor = null) => "?" + string.Join('&', new[]
    {
        ("project", Project), ("event", Event), ("id", Identity), ("insertId", InsertId), ("reason", Reason), ("cursor", cursor?.ToString()),
    }.Where(one => one.Item2 is not null).Select(one => $"{one.Item1}={Uri.EscapeDataString(one.Item2!)}"));
}
