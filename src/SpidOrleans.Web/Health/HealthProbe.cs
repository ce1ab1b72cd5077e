using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Hosting;

namespace SpidOrleans.Web.Health;

/// <summary>A second, short-lived process of the same program and configuration that asks the first one whether it is ready: a
/// container image without shell and curl has nothing else that could.</summary>
public static class HealthProbe
{
    public const string Argument = "--health";

    private const string KestrelDefault = "http://localhost:5000";

    /// <summary>Longer than the host itself waits for its database.</summary>
    private static readonly TimeSpan Timeout = HealthApi.CheckTimeout + TimeSpan.FromSeconds(1);

    /// <summary>Asks <c>/health/ready</c> at the first http address that the configuration names, and writes one line.</summary>
    /// <param name="url">Where the host listens unless something is configured; null: where Kestrel does.</param>
    /// <returns>The process' exit code: 0 when the host is ready, else 1.</returns>
    public static async Task<int> RunAsync(string[] args, string? url = null)
    {
        Uri? asked = null;
        try
        {
            var builder = WebApplication.CreateSlimBuilder([.. args.Where(arg => arg != Argument), Tuning.ReadConfigurationOnce]).AddDefaults(url);
            if (FindAddress(builder.Configuration) is not { } address)
                throw new ConfigurationException("health: the host is configured to listen on no http address that could be asked");
            asked = new Uri(address, "health/ready");
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout };
            using var answer = await http.GetAsync(asked);
            await Console.Out.WriteLineAsync($"health: {asked} answers {(int)answer.StatusCode}");
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (ConfigurationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"health: {asked} does not answer");
            return 1;
        }
    }

    /// <summary>Null where the host listens on pipes, https or a port of the kernel's choice only.</summary>
    internal static Uri? FindAddress(IConfiguration configuration)
    {
        var configured = ListenAddresses.All(configuration);
        foreach (var url in configured.Count > 0 ? configured : [KestrelDefault])
        {
            if (Parse(url) is { IsUnixPipe: false, IsNamedPipe: false, Scheme: "http", Port: > 0 } address)
                return new UriBuilder("http", IsAny(address.Host) ? "localhost" : address.Host, address.Port).Uri;
        }

        return null;
    }

    private static BindingAddress? Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Kestrel listens on every address for these, and for every name that is no address.</summary>
    private static bool IsAny(string host) =>
        !IPAddress.TryParse(host.Trim('[', ']'), out var ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);
}
