using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace SpidOrleans.Web.Configuration;

/// <summary>Where the configuration tells Kestrel to listen.</summary>
public static class ListenAddresses
{
    /// <summary>All of them, as URLs; none where Kestrel listens where it does by itself.</summary>
    public static IReadOnlyList<string> All(IConfiguration configuration)
    {
        // Kestrel's own order: its endpoints override urls, and urls override the bare ports, which listen everywhere.
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0) return endpoints;
        if (configuration["urls"] is { Length: > 0 } urls) return Split(urls);
        return
        [
            .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
            .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
        ];
    }

    /// <summary>The first address that other machines can reach, or null: without any, Kestrel listens on localhost.</summary>
    public static string? FindBeyondLoopback(IConfiguration configuration) => All(configuration).FirstOrDefault(IsBeyondLoopback);

    /// <summary>False when Kestrel would listen where it does by itself.</summary>
    public static bool AreConfigured(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Any() || All(configuration).Count > 0;

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

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
