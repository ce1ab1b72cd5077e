using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Telemetry;

/// <summary>Where OpenTelemetry's data goes, by the specification's own variables. A signal without an endpoint is not exported.</summary>
public sealed class OtlpExport
{
    public const string Key = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly IConfiguration _configuration;

    /// <exception cref="ConfigurationException">An endpoint is none.</exception>
    public OtlpExport(IConfiguration configuration)
    {
        _configuration = configuration;
        var faults = new[] { Key, KeyOf("TRACES"), KeyOf("METRICS"), KeyOf("LOGS") }
            .Where(key => configuration[key] is { Length: > 0 } value && !IsEndpoint(value))
            // It may carry credentials.
            .Select(key => new ConfigurationFault(key, ConfigurationFault.Hidden, "an http or https URL such as http://localhost:4317"))
            .ToList();
        if (faults.Count > 0) throw new ConfigurationException(faults);
    }

    public bool HasTraces => Has("TRACES");

    public bool HasMetrics => Has("METRICS");

    public bool HasLogs => Has("LOGS");

    public void ToTraces(OtlpExporterOptions options) => Configure(options, "TRACES");

    public void ToMetrics(OtlpExporterOptions options) => Configure(options, "METRICS");

    public void ToLogs(OtlpExporterOptions options) => Configure(options, "LOGS");

    private bool Has(string signal) =>
        !string.Equals(_configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(_configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && (_configuration[Key] is { Length: > 0 } || _configuration[KeyOf(signal)] is { Length: > 0 });

    /// <summary>The SDK reads the general endpoint itself, and puts the signal's path behind it; a signal's own is used as it is.</summary>
    private void Configure(OtlpExporterOptions options, string signal)
    {
        if (_configuration[KeyOf(signal)] is { Length: > 0 } own) options.Endpoint = new Uri(own);
    }

    private static string KeyOf(string signal) => $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";

    private static bool IsEndpoint(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
