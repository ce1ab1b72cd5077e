using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SpidOrleans.DeployTests.Images;
using SpidOrleans.DeployTests.Nginx;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.DeployTests.Compose;

[Collection(nameof(Scene))]
public sealed partial class ComposeTests(Scene scene) : IDisposable
{
    private static readonly string[] Hosts = ["silo-1", "silo-2", "silo-3", "facade"];

    /// <summary>What an operator would have in <c>deploy/secrets</c>.</summary>
    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["Storage__ConnectionString"] = "Host=postgres;Database=spid;Username=spid;Password=secret",
        ["Session__SigningKey"] = "0123456789abcdef0123456789abcdef",
        ["Clients__news__Secret"] = "secret",
        ["Clients__news__SignSecret"] = "sign-secret",
        ["Projects__news__Token"] = "token",
        ["Console__Password"] = "password",
        ["grafana_password"] = "password",
        ["postgres_password"] = "secret",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("spidorleans-compose-").FullName;

    /// <summary>The host stops within 30 seconds, after two of draining.</summary>
    private static readonly TimeSpan Drained = TimeSpan.FromSeconds(32);

    [ToolFact(nameof(Tools.HaveCompose))]
    public async Task EveryKeyThatAHostIsGiven_IsOneThatItKnows_AndTheirValuesAreAConfiguration()
    {
        var compose = await ReadAsync();

        foreach (var host in Hosts)
        {
            var given = new ConfigurationBuilder().AddInMemoryCollection(Given(compose, host)).Build();
            var settings = SpidSettings.Read(given);

            Assert.Equal(StorageProvider.PostgreSql, settings.Storage.Provider);
            Assert.Equal("news", Assert.Single(settings.Clients).Key);
            Assert.Equal($"{Assert.Single(settings.Proxies)}", $"{FrontSubnet(compose)}");
            // A section that nobody reads would be passed over in silence.
            Assert.Empty(given.GetChildren().Select(section => section.Key).Except(["Clients", "Cluster", "Console", "Projects", "Proxies", "Secrets", "Session", "Storage"]));
        }

        var mistyped = Given(compose, "silo-1").Append(new("Clients:news:Secrt", "x"));
        Assert.Throws<ConfigurationException>(() => SpidSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(mistyped).Build()));
    }

    [ToolFact(nameof(Tools.HaveCompose))]
    public async Task EveryHost_HasTheImagesOwnHealthCheckAndPort_AndTimeToDrain()
    {
        var compose = await ReadAsync();
        var file = new Dockerfile();

        foreach (var host in Hosts)
        {
            var stage = (string)compose.Of(host, "build:target")!;
            Assert.Contains(stage, file.Stages);
            Assert.Equal(Path.GetFullPath(Path.Combine(_folder, "..")), compose.Of(host, "build:context"));
            var check = file[stage].Single(one => one.Keyword == "HEALTHCHECK").Arguments;
            Assert.Equal(["CMD", .. new Instruction("CMD", check[(check.IndexOf(" CMD ", StringComparison.Ordinal) + 5)..]).Exec], compose.ListOf(host, "healthcheck:test"));
            Assert.InRange(Seconds(compose.Of(host, "stop_grace_period")), Drained.TotalSeconds, 2 * Drained.TotalSeconds);
            Assert.Equal("service_healthy", compose.Of(host, "depends_on:postgres:condition"));
            Assert.Equal("true", $"{compose.Of(host, "read_only")}", ignoreCase: true);
        }

        foreach (var service in compose.Services.Keys)
        {
            Assert.NotNull(compose.Of(service, "deploy:resources:limits:memory"));
            foreach (var needed in (compose.Of(service, "depends_on") is { } all ? ComposeFile.Map(all) : []).Where(one => $"{ComposeFile.Map(one.Value)["condition"]}" == "service_healthy"))
                Assert.NotNull(compose.Of(needed.Key, "healthcheck:test"));
        }

        // nginx asks the hosts by their names at the image's port.
        var port = file.EnvironmentOf("silo")["ASPNETCORE_HTTP_PORTS"];
        var asked = Upstreams().Matches(new SiteFile("nginx/compose.conf").ToString()).Select(server => server.Groups[1].Value);
        Assert.Equal(Hosts.Select(host => $"{host}:{port}"), asked);
        var scraped = Targets().Matches(await File.ReadAllTextAsync(Repository.Deploy("observability/prometheus.yml"))).Select(target => target.Value);
        Assert.Equal([.. Hosts.Select(host => $"{host}:{port}"), "otel-collector:8889"], scraped);
        Assert.Contains("0.0.0.0:8889", await File.ReadAllTextAsync(Repository.Deploy("observability/otel-collector.yaml")), StringComparison.Ordinal);
    }

    [ToolFact(nameof(Tools.HaveCompose))]
    public async Task EveryFileThatIsMounted_IsThere_AndNoSecretIsInTheFileItself()
    {
        var compose = await ReadAsync();

        var mounted = compose.Services.Keys.SelectMany(service => compose.ListOf(service, "volumes"))
            .Select(volume => volume is string text ? text.Split(':')[0] : $"{ComposeFile.Map(volume)["source"]}").Where(source => source.StartsWith('/')).ToList();
        Assert.NotEmpty(mounted);
        Assert.All(mounted, source => Assert.True(File.Exists(Path.Combine(Repository.Root, "deploy", Path.GetRelativePath(_folder, source))), $"{source} is mounted and is not there."));
        Assert.Equal(Secrets.Keys.Order(), compose.Secrets.Values.Select(secret => Path.GetFileName($"{ComposeFile.Map(secret)["file"]}")).Distinct().Order());
        Assert.All(Secrets.Keys, secret => Assert.False(new BuildContext().Has($"deploy/secrets/{secret}")));
    }

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task TheLoadBalancer_GivesBrowsersToTheSilos_AndBackEndsToTheFacade()
    {
        await scene.BeginAsync();
        // Nobody is there: what is meant for the facade fails, and nothing else does.
        var facade = $"127.0.0.1:{Loopback.FreePort()}";
        await using var nginx = await NginxProcess.StartAsync((_, port) =>
        {
            var file = new SiteFile("nginx/compose.conf").With("listen 8080;", $"listen 127.0.0.1:{port};").With("facade:8080", facade);
            for (var number = 1; number <= 3; number++) file.With($"silo-{number}:8080", scene.Silos[number - 1].Address.Authority);
            return file;
        });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{nginx.Port}") };

        foreach (var (path, expected) in ((string, int)[])[("/v1/events", 502), ("/V1/visitors/x/login", 502), ("/oauth/token", 502), ("/v1/collect", 403), ("/metrics", 404)])
        {
            using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), null);
            Assert.Equal((path, expected), (path, (int)answer.StatusCode));
        }

        using var sdk = await http.GetAsync(new Uri("/js/spid-sdk.js", UriKind.Relative));
        Assert.True(sdk.IsSuccessStatusCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<ComposeFile> ReadAsync()
    {
        File.Copy(Repository.Deploy("compose.yaml"), Path.Combine(_folder, "compose.yaml"));
        File.Copy(Repository.Deploy("spidorleans.env.example"), Path.Combine(_folder, "spidorleans.env"));
        return await ComposeFile.ReadAsync(_folder);
    }

    /// <summary>Variables and secrets' files together, by their configuration keys.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Given(ComposeFile compose, string host)
    {
        var variables = ComposeFile.Map(compose.Of(host, "environment")!).Select(one => (one.Key, Value: $"{one.Value}"));
        var secrets = compose.ListOf(host, "secrets").Select(secret => secret is string name ? name : $"{ComposeFile.Map(secret)["source"]}").Select(name => (name, Secrets[name]));
        return variables.Concat(secrets).Select(one => KeyValuePair.Create(one.Item1.Replace("__", ":", StringComparison.Ordinal), (string?)one.Item2));
    }

    private static object FrontSubnet(ComposeFile compose)
    {
        var config = (IEnumerable<object>)ComposeFile.Map(ComposeFile.Map(compose.Networks["front"])["ipam"])["config"];
        return ComposeFile.Map(Assert.Single(config))["subnet"];
    }

    private static double Seconds(object? duration) => double.Parse($"{duration}".TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s+server ([a-z0-9-]+:[0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex Upstreams();

    [GeneratedRegex("[a-z0-9-]+:[0-9]+(?=[],])")]
    private static partial Regex Targets();
}
