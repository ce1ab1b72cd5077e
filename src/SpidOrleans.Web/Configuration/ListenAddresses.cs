using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace SpidOrleans.Web.Configuration;

/// <summary>Where the configuration tells Kestrel to listen.</summary>
public static class ListenAddresses
{
    /// <summary>The first address that other machines can reach, or null: without any, Kestrel listens on localhost.</summary>
    public static string? FindBeyondLoopback(IConfiguration configuration)
    {
        // Kestrel's own order: its endpoints override urls, and urls override the bare ports, which listen everywhere.
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0) return endpoints.FirstOrDefault(IsBeyondLoopback);
        if (configuration["urls"] is { Length: > 0 } urls)
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault(IsBeyondLoopback);
        return (configuration["http_ports"], configuration["https_ports"]) switch
        {
            ({ Length: > 0 } http, _) => $"http://*:{http}",
            (_, { Length: > 0 } https) => $"https://*:{https}",
            _ => null,
        };
    }

    /// <summary>False when Kestrel would listen where it does by itself.</summary>
    public static bool AreConfigured(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Any()
        || new[] { "urls", "http_ports", "https_ports" }.Any(key => configuration[key] is { Length: > 0 });

    private static bool IsBeyondLoopback(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return !address.IsUnixPipe && !address.IsNamedPipe && !WebOrigin.IsLoopback(address.Host);
        }
        catch (FormatException)
        {
            // Kestrel will refuse it in its own words.
            return false;
        }
    }
}
