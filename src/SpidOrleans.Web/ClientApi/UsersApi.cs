using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.ClientApi;

/// <summary><c>/v1/users</c>. The id comes from <see cref="UserPath"/>, which has put a placeholder into the route.</summary>
internal static class UsersApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/users/{userId}", GetAsync).Describe("getUser", "Shows a user",
            "Percent-encode the id: '/' as %2F, '%' as %25.",
            answer: typeof(UserDescriptionAnswer), refusals: [400, 401, 503]);
        routes.MapDelete("/users/{userId}", EraseAsync).Describe("eraseUser", "Erases a user",
            "State, profile, traits, pending events and dead letters of the user and of all its visitors are gone when the answer comes, in every "
            + "project; later events of any of them, logins included, are refused with 403, for ever. Mixpanel is asked to delete what it has where the "
            + "project has a DeletionToken.",
            answer: typeof(ErasureAnswer), answerStatus: StatusCodes.Status202Accepted, refusals: [400, 401, 503]);
        routes.MapPut("/users/{userId}/profile", PutProfileAsync).Describe("putProfile", "Takes over profile fields",
            "Fields that the body leaves out stay as they are. They leave with every later event; locale and birthday also go to "
            + "Mixpanel's profile of the user, in the client's project.",
            body: typeof(ProfileFields), answer: typeof(ProfileAnswer), refusals: [400, 401, 403, 408, 413, 415, 429, 503]);
    }

    private static async Task<IResult> GetAsync(HttpContext context, IGrainFactory grains)
    {
        if (context.Features.Get<UserAddress>()?.UserId is not { } user) return Problem.Invalid("userId", "must be " + UserId.Rule);
        var client = context.GetClient();
        var description = await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).DescribeAsync(client.Source.Project));
        var traits = await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetTraitsAsync(client.Id));
        return AnswerJson.Write(new UserDescriptionAnswer(
            user.ToString(), [.. description.Visitors.Select(visitor => visitor.ToString())], description.Pending,
            ProfileFields.From(description.Profile), Traits.From(traits)));
    }

    private static async Task<IResult> EraseAsync(HttpContext context, IGrainFactory grains)
    {
        if (context.Features.Get<UserAddress>()?.UserId is not { } user) return Problem.Invalid("userId", "must be " + UserId.Rule);
        return ErasureAnswer.Of(await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).EraseAsync()));
    }

    private static async Task<IResult> PutProfileAsync(HttpContext context, IGrainFactory grains, TimeProvider clock)
    {
        if (context.Features.Get<UserAddress>()?.UserId is not { } user) return Problem.Invalid("userId", "must be " + UserId.Rule);
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return body.Refusal;
        var reading = ProfileReader.Read(body.Bytes, clock.GetUtcNow());
        if (!reading.IsValid) return Problem.Invalid(reading.Errors);

        var grain = grains.GetUser(user);
        var outcome = await ClusterCall.OrUnavailableAsync(() => grain.SetProfileAsync(context.GetClient().Source, reading.Profile));
        if (outcome.ToRefusal() is { } refusal) return refusal;
        var profile = await ClusterCall.OrUnavailableAsync(() => grain.GetProfileAsync());
        return AnswerJson.Write(new ProfileAnswer(user.ToString(), ProfileFields.From(profile)));
    }
}
