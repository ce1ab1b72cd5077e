using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Ingestion;

/// <summary>What a request's credentials prove.</summary>
/// <param name="Proven">The clients, most often one; none: there are no credentials, or wrong ones.</param>
/// <param name="AreWrong">There are some, and they prove nothing.</param>
internal readonly record struct SentCredentials(ImmutableArray<Client> Proven, bool AreWrong)
{
    private static readonly SentCredentials None = new([], AreWrong: false);
    private static readonly SentCredentials Wrong = new([], AreWrong: true);

    /// <summary>HTTP Basic with a client's id and secret (as of a service account) or with the secret as the user (as Mixpanel's API
    /// secret), an access token as Bearer, or the secret as <c>api_key</c>.</summary>
    public static async ValueTask<SentCredentials> ReadAsync(HttpContext context, string? apiKey, ClientRegistry clients, Senders senders)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (BearerAuthentication.IsMeant(context.Request))
        {
            var ticket = await context.AuthenticateAsync(BearerAuthentication.Name);
            return ticket.Succeeded ? new SentCredentials([context.GetClient()], false) : Wrong;
        }

        if (header.Length > 0)
        {
            if (clients.FindProven(header) is { } client) return new SentCredentials([client], false);
            if (!BasicCredentials.TryRead(header, out var user, out var secret) || secret.Length > 0) return Wrong;
            // Mixpanel takes the token there. It is public and proves nothing.
            if (senders.IsToken(user)) return None;
            return Of(senders.FindBySecret(Encoding.UTF8.GetBytes(user)));
        }

        return apiKey is null ? None : Of(senders.FindBySecret(Encoding.UTF8.GetBytes(apiKey)));
    }

    private static SentCredentials Of(ImmutableArray<Client> found) => found is [] ? Wrong : new SentCredentials(found, false);
}
