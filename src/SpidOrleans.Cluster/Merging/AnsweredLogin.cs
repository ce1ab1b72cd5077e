using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Merging;

/// <summary>A login that was answered, so that its resend gets the same answer whatever has happened to the browser since.</summary>
[GenerateSerializer, Immutable, Alias("spid.answered-login")]
public sealed record AnsweredLogin
{
    /// <summary>Remembered per visitor: senders resend within minutes, not after sixteen sign-ins.</summary>
    public const int CountMax = 16;

    /// <summary>A digest of who logged in, where, and of the login event's tuple.</summary>
    [Id(0)] public required string Key { get; init; }

    [Id(1)] public required VisitorId VisitorId { get; init; }

    [Id(2)] public int Merged { get; init; }

    /// <summary>Null for a login whose sender named no insert id: its resend is another login.</summary>
    public static string? KeyOf(LoginRequest request)
    {
        var e = request.Event;
        return e.InsertId is null ? null : Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(
            $"{request.UserId}\0{request.Source.Project}\0{e.Name}\0{e.TimeMs}\0{e.InsertId}")));
    }

    /// <summary>With this answer in front, and without the oldest beyond the bound.</summary>
    public static ImmutableArray<AnsweredLogin> Remember(ImmutableArray<AnsweredLogin> before, string? key, VisitorId visitor, int merged) =>
        key is null ? before
        : [new AnsweredLogin { Key = key, VisitorId = visitor, Merged = merged }, .. before.Where(known => known.Key != key).Take(CountMax - 1)];
}
