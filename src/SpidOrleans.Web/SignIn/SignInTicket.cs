using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Web.SignIn;

/// <summary>A sign-in that the person has made and the cluster has not confirmed yet: sent again it is the same login, with the same
/// event, whichever silo gets it.</summary>
/// <param name="Query">The flow's, as <see cref="FlowRequest.ToQuery"/> writes it.</param>
/// <param name="VisitorId">Whom to link if the browser shows no visitor's cookie.</param>
/// <param name="TimeMs">Of the login event, and of the ticket.</param>
/// <param name="BrowserKey">The secret that the browser's cookie will have.</param>
internal sealed record SignInTicket(
    FlowKind Kind, string Query, string UserId, UserProfile? Profile, string VisitorId, string InsertId, long TimeMs, byte[] BrowserKey);

/// <summary>Tickets as text that only this cluster can make or read.</summary>
internal sealed class SignInTickets(IDataProtectionProvider protection, TimeProvider clock)
{
    /// <summary>For as long as a person may try again.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Another silo's clock may be ahead.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _protector = protection.CreateProtector("sign-in ticket");

    public string Write(SignInTicket ticket) =>
        Base64Url.EncodeToString(_protector.Protect(JsonSerializer.SerializeToUtf8Bytes(ticket, TicketJson.Default.SignInTicket)));

    /// <returns>Null when it is forged or too old.</returns>
    public SignInTicket? Read(string text)
    {
        try
        {
            var ticket = JsonSerializer.Deserialize(_protector.Unprotect(Base64Url.DecodeFromChars(text)), TicketJson.Default.SignInTicket);
            if (ticket is null) return null;
            var age = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(ticket.TimeMs);
            return age >= -ClockSkew && age <= Lifetime ? ticket : null;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException or JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(SignInTicket))]
internal sealed partial class TicketJson : JsonSerializerContext;
