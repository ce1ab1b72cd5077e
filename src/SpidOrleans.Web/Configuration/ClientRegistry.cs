using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Configuration;

/// <summary>The registered clients and which pages are theirs.</summary>
public sealed class ClientRegistry(SpidSettings settings, IServer server)
{
    /// <summary>A client sends the same header each time; a few, should its proxies write it differently.</summary>
    internal const int ProvenMax = 4_096;

    /// <summary>Headers that proved a client, so that it need not be proven again: that costs as much as reading an event. Only who
    /// sends the whole header finds anything here.</summary>
    internal ConcurrentDictionary<string, Client> Proven { get; } = new(StringComparer.Ordinal);

    public Client? Find(string? id) => id is null ? null : settings.Clients.GetValueOrDefault(id);

    /// <summary>True when the pages of this origin are the client's.</summary>
    public bool Owns(Client client, string? origin) =>
        origin is not null && (client.Origins.Contains(origin) || (client.IsDemo && IsOwnLoopback(origin)));

    /// <summary>True when a flow of this client may end at the URL: it is registered, character by character. The demo client's are
    /// the pages of the host itself.</summary>
    public bool MayReturnTo(Client client, string url) =>
        client.RedirectUris.Contains(url)
        || (client.IsDemo && Client.IsRedirectUri(url) && WebOrigin.TryOf(url, out var origin) && IsOwnLoopback(origin));

    /// <summary>True when any client owns the origin.</summary>
    public bool Knows(string? origin) => settings.Clients.Values.Any(client => Owns(client, origin));

    /// <summary>Asked anew each time: with port 0 the addresses are known only once the host listens.</summary>
    private bool IsOwnLoopback(string origin)
    {
        if (!WebOrigin.TryParseUri(origin, out var page) || !WebOrigin.IsLoopback(page.Host)) return false;
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            var binding = BindingAddress.Parse(address);
            if (binding.Port == page.Port && binding.Scheme == page.Scheme && WebOrigin.IsLoopback(binding.Host)) return true;
        }

        return false;
    }
}
