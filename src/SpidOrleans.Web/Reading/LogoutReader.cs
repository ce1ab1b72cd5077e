using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the body of <c>POST /v1/visitors/{visitorId}/logout</c>, which may be empty.</summary>
public static class LogoutReader
{
    public static LogoutReading Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0) return new LogoutReading();
        var errors = new RuleErrors();
        var fields = new LogoutFields();
        // Nothing in this body is held to the clock.
        BodyReader.Read(body, now: default, errors, ref fields);
        return new LogoutReading { Ip = fields.Ip, UserAgent = fields.UserAgent, Errors = errors.ToDictionary() };
    }
}
