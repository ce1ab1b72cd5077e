using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the body of <c>PUT /v1/users/{userId}/profile</c>.</summary>
public static class ProfileReader
{
    /// <param name="now">The server's clock: nobody is born later.</param>
    public static ProfileReading Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var errors = new RuleErrors();
        var fields = new ProfileFields();
        BodyReader.Read(body, now, errors, ref fields);
        return new ProfileReading { Profile = fields.ToProfile(), Errors = errors.ToDictionary() };
    }
}
