using Microsoft.Extensions.Configuration;
using SpidOrleans.Web.Health;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>Where the probe finds its host. Whether it asks the real one is tested with both processes.</summary>
public sealed class HealthProbeTests
{
    [Theory]
    [InlineData("http://localhost:5000/")]
    [InlineData("http://localhost:8080/", "http_ports", "8080;8081")]
    [InlineData("http://localhost:5001/", "urls", "http://*:5001", "http_ports", "8080")]
    [InlineData("http://127.0.0.1:5001/", "urls", "https://127.0.0.1:5002;http://127.0.0.1:5001")]
    [InlineData("http://[::1]:5001/", "urls", "http://[::1]:5001")]
    [InlineData("http://localhost:5001/", "urls", "http://[::]:5001")]
    [InlineData("http://localhost:5001/", "urls", "http://0.0.0.0:5001")]
    [InlineData("http://localhost:5001/", "urls", "http://some.name:5001")]
    [InlineData("http://localhost:7000/", "Kestrel:Endpoints:a:Url", "http://+:7000", "urls", "http://*:5001")]
    [InlineData(null, "urls", "https://*:5001")]
    [InlineData(null, "urls", "http://*:0")]
    [InlineData(null, "urls", "http://unix:/run/spidorleans.sock")]
    [InlineData(null, "urls", "garbage")]
    public void TheAddress_IsTheFirstThatCanBeAskedByHttp(string? expected, params string[] configured)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(configured.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]))).Build();

        Assert.Equal(expected, HealthProbe.FindAddress(configuration)?.ToString());
    }
}
