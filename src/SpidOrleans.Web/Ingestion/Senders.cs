using System.Collections.Immutable;
using System.Security.Cryptography;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Finds out who sends: Mixpanel's clients name a project by its token, which is public, and no client of ours.</summary>
internal sealed class Senders(SpidSettings settings, ClientRegistry clients)
{
    public const string NoToken = "token, missing or empty";
    public const string UnknownToken = "token, is of no project of this server";
    public const string OthersToken = "token, is not of the project of the client whose credentials came along";
    public const string UnknownOrigin = "The page's origin is not registered for a client of this project.";

    private readonly ILookup<string, ProjectSettings> _projects = settings.Cluster.Projects.Values.ToLookup(project => project.Token, StringComparer.Ordinal);

    private readonly ILookup<string, Client> _clients =
        settings.Clients.Values.OrderBy(client => client.Id, StringComparer.Ordinal).ToLookup(client => client.Source.Project, StringComparer.Ordinal);

    public bool IsToken(string text) => _projects.Contains(text);

    /// <summary>The clients that have this secret, most often one: clients of Mixpanel's have no room for an id beside it.</summary>
    public ImmutableArray<Client> FindBySecret(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        var found = ImmutableArray.CreateBuilder<Client>();
        // All of them, however early one matches.
        foreach (var client in settings.Clients.Values)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, client.SecretHash)) found.Add(client);
        }

        found.Sort((one, other) => string.CompareOrdinal(one.Id, other.Id));
        return found.ToImmutable();
    }

    /// <summary>Decides on behalf of whom the records of this token are taken.</summary>
    /// <param name="token">Null: the records name none.</param>
    /// <param name="proven">The clients that the credentials prove; none: there were no credentials.</param>
    /// <param name="origin">The page's, by the browser's word.</param>
    /// <param name="referer">The page's origin where the browser says no other.</param>
    /// <param name="cookie">Believed only of a page of the client.</param>
    public Sender? Find(string? token, ImmutableArray<Client> proven, string? origin, string? referer, BrowserCookie? cookie, out string? refusal)
    {
        refusal = null;
        if (proven is not [])
        {
            if (proven.FirstOrDefault(client => token is null || TokenOf(client) == token) is { } client)
                return new Sender(client.Source, TokenOf(client), client.Id, IsProven: true, IsPage: origin is not null, Cookie: null);
            refusal = OthersToken;
            return null;
        }

        var candidates = token is null ? [] : _projects[token].SelectMany(project => _clients[project.Name]).ToList();
        if (candidates.Count == 0)
        {
            refusal = token is null ? NoToken : UnknownToken;
            return null;
        }

        if (candidates.Find(client => clients.Owns(client, origin ?? referer)) is { } page)
            return new Sender(page.Source, token!, page.Id, IsProven: false, IsPage: true, cookie);
        if (origin is not null)
        {
            refusal = UnknownOrigin;
            return null;
        }

        // Somebody who knows the token. Which of the project's clients it is nobody can tell, unless there is only one.
        var source = candidates is [var only] ? only.Source : new EventSource { ClientName = candidates[0].Source.Project, Project = candidates[0].Source.Project };
        return new Sender(source, token!, candidates is [var sole] ? sole.Id : source.Project, IsProven: false, IsPage: false, Cookie: null);
    }

    private string TokenOf(Client client) => settings.Cluster.Projects[client.Source.Project].Token;
}
