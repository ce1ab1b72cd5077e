using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the body of <c>POST /v1/visitors/{visitorId}/login</c> and <c>…/registration</c>.</summary>
public static class LoginReader
{
    /// <param name="body">Lives on in the properties: they refer to it instead of copying.</param>
    /// <param name="now">The server's clock, to which the time is held.</param>
    public static LoginReading Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var errors = new RuleErrors();
        var fields = new LoginFields();
        BodyReader.Read(body, now, errors, ref fields);
        return fields.ToReading(errors);
    }
}
