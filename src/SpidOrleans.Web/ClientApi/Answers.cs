using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Intake;

namespace SpidOrleans.Web.ClientApi;

/// <summary>A minted visitor, or the one that follows a logout.</summary>
public sealed record VisitorAnswer(string VisitorId);

/// <param name="UserId">The linked user; absent while anonymous.</param>
/// <param name="Pending">Accepted events that Mixpanel has not confirmed.</param>
/// <param name="Traits">Those that the asking client has set and that leave with its events of this visitor.</param>
public sealed record VisitorDescriptionAnswer(string VisitorId, string? UserId, int Pending, Traits Traits);

/// <param name="VisitorId">The visitor that belongs to the user now.</param>
/// <param name="Merged">Pending events that joined the user.</param>
/// <param name="Rotated">True: the visitor belonged to somebody else, and <paramref name="VisitorId"/> is a new one.</param>
public sealed record LoginAnswer(string VisitorId, string UserId, int Merged, bool Rotated)
{
    internal static LoginAnswer From(VisitorId addressed, UserId user, LoginResult result) =>
        new(result.VisitorId.ToString(), user.ToString(), result.Merged, result.VisitorId != addressed);
}

/// <param name="Tracking">What holds now.</param>
public sealed record ConsentAnswer(bool Tracking);

/// <param name="Visitors">How many visitors are erased by this call.</param>
/// <param name="Events">Pending events and profile changes that went.</param>
/// <param name="DeadLetters">Dead letters that went.</param>
public sealed record ErasureAnswer(int Visitors, int Events, int DeadLetters)
{
    internal static IResult Of(ErasureResult result) => result.Outcome.ToRefusal() is { } refusal
        ? refusal
        : AnswerJson.Write(new ErasureAnswer(result.Visitors, result.Events, result.DeadLetters), StatusCodes.Status202Accepted);
}

/// <param name="Visitors">The newest 100 linked to this user, newest first.</param>
/// <param name="Pending">Accepted events of this user that Mixpanel has not confirmed.</param>
/// <param name="Traits">Those that the asking client has set.</param>
public sealed record UserDescriptionAnswer(
    string UserId, IReadOnlyList<string> Visitors, int Pending, ProfileFields Profile, Traits Traits);

/// <param name="Profile">All that is known now.</param>
public sealed record ProfileAnswer(string UserId, ProfileFields Profile);

/// <summary>What SPiD knows of a user, each field absent while unknown.</summary>
public sealed record ProfileFields
{
    public DateOnly? Birthday { get; init; }

    /// <summary><c>male</c>, <c>female</c>, <c>undisclosed</c> or <c>withheld</c>.</summary>
    public string? Gender { get; init; }

    public string? Status { get; init; }

    public DateTimeOffset? Registered { get; init; }

    /// <summary>Such as <c>nb_NO</c>.</summary>
    public string? Locale { get; init; }

    public string? DisplayName { get; init; }

    public string? GivenName { get; init; }

    public string? FamilyName { get; init; }

    internal static ProfileFields From(UserProfile profile) => new()
    {
        Birthday = profile.Birthday,
        Gender = profile.Gender,
        Status = profile.Status,
        Registered = profile.Registered,
        Locale = profile.Locale,
        DisplayName = profile.DisplayName,
        GivenName = profile.GivenName,
        FamilyName = profile.FamilyName,
    };
}

/// <summary>Traits by name.</summary>
public sealed class Traits : Dictionary<string, JsonElement>
{
    internal static Traits From(ClientTraits? known)
    {
        var traits = new Traits();
        foreach (var trait in known?.Set ?? []) traits.Add(trait.Name, JsonElement.Parse(trait.Json!));
        return traits;
    }
}

/// <summary>How answers are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VisitorAnswer))]
[JsonSerializable(typeof(VisitorDescriptionAnswer))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(UserDescriptionAnswer))]
[JsonSerializable(typeof(ProfileAnswer))]
[JsonSerializable(typeof(ProfileFields))]
[JsonSerializable(typeof(Traits))]
[JsonSerializable(typeof(DeadLetterChangeAnswer))]
[JsonSerializable(typeof(ConsentAnswer))]
[JsonSerializable(typeof(ErasureAnswer))]
[JsonSerializable(typeof(TrackReceipt))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    public static IResult Write<T>(T answer, int status = StatusCodes.Status200OK) => TypedResults.Json(answer, Default, statusCode: status);
}
