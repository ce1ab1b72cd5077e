using System.Xml.Linq;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using NJsonSchema;
using SpidOrleans.DeployTests.Images;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.DeployTests.Helm;

public sealed class ChartTests(Chart chart) : IClassFixture<Chart>
{
    private const string Values = """
        existingSecret: spid-secrets
        proxies: [10.0.0.0/8]
        config: { Projects__news__Endpoint: "https://api-eu.mixpanel.com", Clients__news__Name: News, Clients__news__Origins__0: "https://www.example.com" }
        """;

    /// <summary>What the Secret would hold.</summary>
    private static readonly Dictionary<string, string?> Secrets = new()
    {
        ["Storage:ConnectionString"] = "Host=db;Database=spid;Username=spid;Password=secret",
        ["Clients:news:Secret"] = "secret",
        ["Projects:news:Token"] = "token",
    };

    [ToolTheory(nameof(Tools.HaveGo))]
    [InlineData("", 10)]
    [InlineData("facade: { enabled: false }", 6)]
    [InlineData("networkPolicy: { enabled: false }", 8)]
    [InlineData("silo: { autoscaling: { enabled: false } }", 9)]
    [InlineData("facade: { autoscaling: { enabled: true, oldestPendingSeconds: 30 }, nodeSelector: { disk: fast }, tolerations: [{ key: a, operator: Exists }], podAnnotations: { a: b } }", 11)]
    public async Task WhateverIsChosen_KubernetesKnowsEveryField_AndNamesAgree(string more, int objects)
    {
        var manifests = await chart.ReadAsync(Values + Environment.NewLine + more);

        Assert.Equal(objects, manifests.All.Count);
        Assert.DoesNotContain("<no value>", manifests.Text, StringComparison.Ordinal);
        foreach (var deployment in manifests.All.OfType<V1Deployment>())
        {
            var pod = deployment.Spec.Template;
            var service = manifests.All.OfType<V1Service>().Single(one => one.Metadata.Name == deployment.Metadata.Name);
            var budget = manifests.All.OfType<V1PodDisruptionBudget>().Single(one => one.Metadata.Name == deployment.Metadata.Name);
            Assert.All([deployment.Spec.Selector.MatchLabels, service.Spec.Selector, budget.Spec.Selector.MatchLabels, .. pod.Spec.TopologySpreadConstraints.Select(one => one.LabelSelector.MatchLabels)],
                selector => Assert.Subset(pod.Metadata.Labels.ToHashSet(), selector.ToHashSet()));
            Assert.Equal(deployment.Spec.Replicas is null,
                manifests.All.OfType<V2HorizontalPodAutoscaler>().Any(one => one.Spec.ScaleTargetRef.Name == deployment.Metadata.Name));
            var ports = Assert.Single(pod.Spec.Containers).Ports.Select(port => port.Name).ToHashSet();
            Assert.All(service.Spec.Ports, port => Assert.Contains(port.TargetPort.Value, ports));
        }

        Assert.Distinct(manifests.All.OfType<V1Deployment>().Select(one => one.Spec.Selector.MatchLabels["app.kubernetes.io/component"]));
    }

    [ToolFact(nameof(Tools.HaveGo))]
    public async Task APod_HasNoPrivileges_TheImagesPort_AndTimeToDrain()
    {
        var manifests = await chart.ReadAsync(Values);
        var image = new Dockerfile();

        foreach (var host in (string[])["silo", "facade"])
        {
            var pod = manifests.Get<V1Deployment>("-" + host).Spec.Template.Spec;
            var container = Assert.Single(pod.Containers);

            Assert.Equal((true, 1654, false), (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.RunAsUser, pod.AutomountServiceAccountToken));
            Assert.Equal((false, true, null), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.Privileged));
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Equal(image.EnvironmentOf(host)["ASPNETCORE_HTTP_PORTS"], $"{container.Ports.Single(port => port.Name == "http").ContainerPort}");
            Assert.Equal($"spidorleans-{host}:{Version}", container.Image);
            Assert.Equal(["/health/live", "/health/live", "/health/ready"],
                new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }.Select(probe => probe.HttpGet.Path));
            // The host drains for two seconds and gives up after thirty more.
            Assert.InRange(pod.TerminationGracePeriodSeconds!.Value, container.Lifecycle.PreStop.Sleep.Seconds + 32, 90);
        }

        Assert.Contains($"appVersion: \"{Version}\"", await File.ReadAllTextAsync(Path.Combine(Chart.Folder, "Chart.yaml")), StringComparison.Ordinal);
    }

    [ToolFact(nameof(Tools.HaveGo))]
    public async Task WhatAPodIsGiven_IsAConfigurationOfItsHost()
    {
        var manifests = await chart.ReadAsync(Values);
        var map = manifests.Get<V1ConfigMap>("").Data;

        foreach (var host in (string[])["silo", "facade"])
        {
            var container = Assert.Single(manifests.Get<V1Deployment>("-" + host).Spec.Template.Spec.Containers);
            var variables = container.Env.Select(one => KeyValuePair.Create(one.Name, one.ValueFrom?.FieldRef.FieldPath == "status.podIP" ? "10.1.2.3" : one.Value))
                .Concat(map).Select(one => KeyValuePair.Create(one.Key.Replace("__", ":", StringComparison.Ordinal), (string?)one.Value)).Concat(Secrets).ToList();
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(variables).Build();
            var settings = SpidSettings.Read(configuration);

            Assert.Equal((StorageProvider.PostgreSql, "10.0.0.0/8"), (settings.Storage.Provider, $"{Assert.Single(settings.Proxies)}"));
            Assert.Equal(host == "silo" ? "10.1.2.3" : null, settings.Silo.AdvertisedAddress?.ToString());
            if (host == "silo")
                Assert.Equal([settings.Silo.SiloPort, settings.Silo.GatewayPort], container.Ports.Where(port => port.Name != "http").Select(port => port.ContainerPort));
            Assert.Empty(configuration.GetChildren().Select(section => section.Key)
                .Except(["ASPNETCORE_HTTP_PORTS", "Clients", "Cluster", "Projects", "Proxies", "Secrets", "Storage"]));
            var folder = container.Env.Single(one => one.Name == "Secrets__Folder").Value;
            Assert.Equal("secrets", container.VolumeMounts.Single(mount => mount.MountPath == folder).Name);
        }
    }

    [ToolFact(nameof(Tools.HaveGo))]
    public async Task OrleansPorts_AreOpenToTheClusterAlone()
    {
        var manifests = await chart.ReadAsync(Values);
        var rules = manifests.Get<V1NetworkPolicy>("-silo").Spec.Ingress;
        string[] WhoReaches(string port) => [.. rules.Where(rule => rule.Ports.Any(one => one.Port.Value == port))
            .SelectMany(rule => rule.FromProperty ?? [new V1NetworkPolicyPeer()]).Select(peer => peer.PodSelector?.MatchLabels["app.kubernetes.io/component"] ?? "anybody").Order()];

        Assert.Equal(["silo"], WhoReaches("silo"));
        Assert.Equal(["facade", "silo"], WhoReaches("gateway"));
        Assert.Equal(["anybody"], WhoReaches("http"));
    }

    [ToolFact(nameof(Tools.HaveGo))]
    public async Task WhatIsMissingOrMisspelt_IsFound()
    {
        var unnamed = await chart.RenderAsync("proxies: []");
        Assert.NotEqual(0, unnamed.ExitCode);
        Assert.Contains("existingSecret names the Secret", unnamed.Output, StringComparison.Ordinal);

        var text = (await chart.RenderAsync(Values)).Succeed();
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(text.Replace("readOnlyRootFilesystem", "readonlyRootFilesystem", StringComparison.Ordinal), null, strict: true));
    }

    [Theory]
    [InlineData("existingSecret: s", true)]
    [InlineData("existingSecret: \"\"", false)]
    [InlineData("existingSecret: s\nsilo: { replica: 5 }", false)]
    [InlineData("existingSecret: s\nsilo: { replicas: many }", false)]
    [InlineData("existingSecret: s\ndrain: { preStopSeconds: 5, stopSeconds: 10 }", false)]
    [InlineData("existingSecret: s\nconfig: { Limits__PendingPerLane: 1000000 }", false)]
    [InlineData("existingSecret: s\nfacade: { enabled: true, service: { port: 8080 } }", true)]
    public async Task TheSchemaOfTheValues_TakesTheChartsOwn_AndRefusesMistakes(string values, bool isRight)
    {
        var schema = await JsonSchema.FromFileAsync(Path.Combine(Chart.Folder, "values.schema.json"));
        var all = Merge(ReadYaml(await File.ReadAllTextAsync(Path.Combine(Chart.Folder, "values.yaml"))), ReadYaml(values));

        var faults = schema.Validate(Newtonsoft.Json.Linq.JToken.Parse(System.Text.Json.JsonSerializer.Serialize(all)));

        Assert.True(isRight == (faults.Count == 0), string.Join(Environment.NewLine, faults));
    }

    private static string Version => XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    private static Dictionary<string, object?> ReadYaml(string text) => KubernetesYaml.Deserialize<Dictionary<string, object?>>(text);

    private static Dictionary<string, object?> Merge(Dictionary<string, object?> under, Dictionary<string, object?> over)
    {
        foreach (var (key, value) in over)
            under[key] = value is IDictionary<object, object?> map && under.GetValueOrDefault(key) is IDictionary<object, object?> former
                ? Merge(Named(former), Named(map)) : value;
        return under;
    }

    private static Dictionary<string, object?> Named(IDictionary<object, object?> map) => map.ToDictionary(one => (string)one.Key, one => one.Value);
}
