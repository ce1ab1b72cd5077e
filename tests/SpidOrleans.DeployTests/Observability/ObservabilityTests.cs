using System.Text.Json;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>Dashboard, rules and the pages that alerts lead to, against a silo that serves what they ask for.</summary>
public sealed class ObservabilityTests
{
    private const string Password = "the operators' own";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [ToolFact(nameof(Tools.HavePrometheus))]
    public async Task TheRules_AreRules() =>
        (await Command.RunAsync(Command.Find("promtool")!, "check", "rules", Expressions.Rules)).Succeed();

    [Fact]
    public void EveryAlert_HasASectionOfItsName_AndLeadsToIt()
    {
        var alerts = Expressions.Alerts().ToList();
        var sections = File.ReadLines(Repository.Deploy("runbook.md")).Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
        var rules = File.ReadAllText(Expressions.Rules);

        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.Order(), sections.Order());
        Assert.All(alerts, alert => Assert.Contains($"runbook_url: deploy/runbook.md#{alert.ToLowerInvariant()}\n", rules, StringComparison.Ordinal));
    }

    [Fact]
    public async Task EveryMetric_ThatDashboardAndRulesName_IsServedByASilo()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(new SiloSettings { Mixpanel = mixpanel.Endpoint });
        await LiveAsync(silo, mixpanel);

        var scrape = await Scrape.OfAsync(silo.Address);

        var names = Expressions.OfTheDashboard().Append(await File.ReadAllTextAsync(Expressions.Rules)).SelectMany(Expressions.NamesIn).Distinct().ToList();
        Assert.InRange(names.Count, 20, 200);
        Assert.DoesNotContain(names, name => !scrape.Names(name));
    }

    [Fact]
    public async Task WhatIsCounted_IsWhatHappened_AndNobodyIsNamed()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(new SiloSettings { Mixpanel = mixpanel.Endpoint });
        var before = await Scrape.OfAsync(silo.Address);
        foreach (var name in (string[])["spid_events_accepted_total", "spid_events_delivered_total", "spid_dead_letters_total"]) Assert.Equal(0, before.OfProject(name));
        mixpanel.Poison = arrival => arrival.Event == "poison" ? "it is poison" : null;

        var (visitor, user) = await LiveAsync(silo, mixpanel);

        // Three events and a login; one is refused for good.
        var after = await Scrape.UntilAsync(silo.Address, scrape => scrape.OfProject("spid_events_delivered_total") == 3 && scrape.OfProject("spid_oldest_pending_seconds") == 0);
        Assert.Equal(4, after.OfProject("spid_events_accepted_total"));
        Assert.Equal(1, after.OfProject("spid_dead_letters_total"));
        Assert.Equal(1, after.Of("spid_merges_total"));
        Assert.Equal(3, after.Of("spid_client_events_total", "client=\"news\",project=\"news\""));
        Assert.DoesNotContain(visitor, after.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(user, after.Text, StringComparison.OrdinalIgnoreCase);
    }

    [ToolFact(nameof(Tools.HavePrometheus))]
    public async Task APrometheus_ThatKnowsThePassword_GetsTheSilosMetrics_AndCanAskWhatTheDashboardAsks()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = mixpanel.Endpoint,
            More = new Dictionary<string, string> { ["Console:Password"] = Password },
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => Scrape.OfAsync(silo.Address));
        await using var prometheus = await PrometheusProcess.StartAsync(silo.Address, Password);
        await LiveAsync(silo, mixpanel);

        await prometheus.UntilAsync("/api/v1/query?query=up%7Bjob%3D%22silos%22%7D%3D%3D1", data => data.GetProperty("result").GetArrayLength() == 1);
        await prometheus.UntilAsync("/api/v1/query?query=spid_events_delivered_total%3E3", data => data.GetProperty("result").GetArrayLength() == 1);
        foreach (var expression in Expressions.OfTheDashboard()) await prometheus.CountAsync(Expressions.Filled(expression));
        var rules = await prometheus.UntilAsync("/api/v1/rules", data => Rules(data).All(rule => rule.GetProperty("health").GetString() != "unknown"));
        Assert.Equal(Expressions.Alerts().Order(), Rules(rules).Select(rule => rule.GetProperty("name").GetString()!).Order());
        Assert.All(Rules(rules), rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));
    }

    private static IEnumerable<JsonElement> Rules(JsonElement data) =>
        data.GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray());

    /// <summary>A visitor's three events, one of them after a failure of Mixpanel's, and a login.</summary>
    private static async Task<(string Visitor, string User)> LiveAsync(SiloProcess silo, MixpanelStandIn mixpanel)
    {
        var (visitor, user) = ($"{Guid.NewGuid()}", $"user-{Guid.NewGuid():n}");
        using var sender = new BackEnd(silo.Address, TestClient.News);
        mixpanel.Faults = new FaultQueue().Then(new Fault.ServerError(503));
        foreach (var name in (string[])["visit", "poison"]) await sender.TrackUntilAcceptedAsync(Event(visitor, name));
        await sender.LoginUntilAcceptedAsync(visitor, new LoginCall { UserId = user });
        await sender.TrackUntilAcceptedAsync(Event(visitor, "order"));
        await mixpanel.Arrivals.WaitForCountAsync(mixpanel.Poison is null ? 4 : 3, Patience);
        return (visitor, user);
    }

    private static BackEndEvent Event(string visitor, string name) => new()
    {
        Event = name,
        VisitorId = visitor,
        Time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        InsertId = $"{Guid.NewGuid()}",
    };
}
