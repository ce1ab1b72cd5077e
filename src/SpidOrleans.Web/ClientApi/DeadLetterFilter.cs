using System.Globalization;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.ClientApi;

/// <summary>Which letters a query string means.</summary>
internal static class DeadLetterFilter
{
    private const int TextMax = 255;
    private const string All = "all";

    public static readonly QueryNote[] Notes =
    [
        new("event", false, "The event's name."),
        new("userId", false, "Events of this user, changes of its profile included."),
        new("visitorId", false, "Events of this visitor."),
        new("insertId", false, "The event's insert id."),
        new("reason", false, "Part of what Mixpanel said."),
        new("from", false, "Refused then or later: milliseconds since the Unix epoch."),
        new("to", false, "Refused before then."),
        new("limit", false, "1 to 1000."),
        new("cursor", false, "next of the former answer; everything else must be as it was."),
    ];

    public static readonly QueryNote[] ChangeNotes = [.. Notes, new(All, false, "true: all letters. Required where nothing else is named.")];

    /// <param name="isChange">Where nothing is named, <c>all=true</c> must be: nobody means everything by a slip.</param>
    public static DeadLetterQuery Read(IQueryCollection query, bool isChange, out Dictionary<string, string[]> errors)
    {
        var faults = new Dictionary<string, string[]>();
        foreach (var name in query.Keys)
        {
            if (!ChangeNotes.Any(note => note.Name == name) || (name == All && !isChange)) faults[name] = ["There is no such parameter."];
            else if (query[name].Count > 1) faults[name] = ["This must be given only once."];
        }

        var filter = new DeadLetterQuery
        {
            Event = Text("event"),
            InsertId = Text("insertId"),
            Reason = Text("reason"),
            User = Parsed("userId", "must be " + UserId.Rule, text => UserId.TryParse(text, out var id) ? id : (UserId?)null),
            Visitor = Parsed("visitorId", VisitorsApi.IdRule, text => VisitorId.TryParse(text, out var id) ? id : (VisitorId?)null),
            FromMs = Number("from", "must be milliseconds since the Unix epoch", long.MaxValue),
            ToMs = Number("to", "must be milliseconds since the Unix epoch", long.MaxValue),
            Limit = (int?)Number("limit", "must be 1 to 1000", DeadLetterQuery.LimitMax) ?? (isChange ? DeadLetterQuery.LimitMax : 100),
            Cursor = Parsed("cursor", "must be next of an answer", text => DeadLetterCursor.TryParse(text, out var cursor) ? cursor : (DeadLetterCursor?)null),
        };
        if (filter.Limit == 0) faults["limit"] = ["must be 1 to 1000"];
        var isNamed = filter with { Limit = 0, Cursor = null } != new DeadLetterQuery { Limit = 0 };
        if (isChange && !isNamed && query[All] != "true") faults[All] = ["must be true where no letters are named"];
        errors = faults;
        return filter;

        string? Text(string name) => Parsed<string>(name, "must be 1 to 255 characters", text => text.Length <= TextMax && !text.Contains('\0') ? text : null);

        long? Number(string name, string rule, long max) => Parsed(name, rule, text =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max ? number : (long?)null);

        T? Parsed<T>(string name, string rule, Func<string, T?> parse)
        {
            if (query[name] is not [{ Length: > 0 } text]) return default;
            var value = parse(text);
            if (value is null) faults[name] = [rule];
            return value;
        }
    }
}
