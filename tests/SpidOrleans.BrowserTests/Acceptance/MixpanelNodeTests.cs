using System.Diagnostics;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>The npm package mixpanel as published, unmodified, with the real host as its own: a back end in Node.</summary>
public sealed class MixpanelNodeTests : IAsyncLifetime
{
    private const string Version = "0.21.0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mixpanel-node-");
    private readonly string _visitor = Guid.NewGuid().ToString();
    private MixpanelStandIn _mixpanel = null!;
    private SiloProcess _silo = null!;

    public async ValueTask InitializeAsync()
    {
        var printed = await NpmPackage.RunNpmAsync(_folder.FullName, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "mixpanel@" + Version);
        Assert.SkipWhen(printed is null, "npm is not installed");
        Assert.SkipUnless(Directory.Exists(Path.Combine(_folder.FullName, "node_modules", "mixpanel")), $"npm cannot reach mixpanel {Version}");
        _mixpanel = await MixpanelStandIn.StartAsync();
        _silo = await SiloProcess.StartAsync(new SiloSettings { Mixpanel = _mixpanel.Endpoint, Report = output => TestContext.Current.SendDiagnosticMessage(output) });
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
        if (_mixpanel is not null) await _mixpanel.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task TracksImportsAndChangesProfiles_WithTheSecretAsItsKey()
    {
        var printed = await RunAsync($$"""
            const user = 'user-7', visitor = '{{_visitor}}', text = '~~~>>>???ÿÿ blåbær';
            const step = (name, call) => new Promise(done => call(error => { console.log(name + ' ' + (error ? JSON.stringify(error.message || error) : 'ok')); done(); }));
            (async () => {
              await step('track', done => mixpanel.track('tracked', { distinct_id: visitor, text }, done));
              await step('batch', done => mixpanel.track_batch(Array.from({ length: 120 }, (_, i) => (
                { event: 'batch', properties: { distinct_id: visitor, time: 1790000000000 + i, n: 'b' + i, text } })), done));
              await step('import', done => mixpanel.import('imported', new Date(2026, 1, 1), { distinct_id: user }, done));
              await step('importBatch', done => mixpanel.import_batch([{ event: 'imported too', properties: { distinct_id: user, time: new Date(2026, 1, 2) } }], done));
              await step('set', done => mixpanel.people.set(user, { $name: 'Ann', plan: text }, { $ip: '198.51.100.7' }, done));
              await step('increment', done => mixpanel.people.increment(user, 'visits', 2, done));
              await step('append', done => mixpanel.people.append(user, 'list', 'one', done));
              await step('union', done => mixpanel.people.union(user, { list: ['two'] }, done));
              await step('unset', done => mixpanel.people.unset(user, ['plan'], done));
              await step('group', done => mixpanel.groups.set('company', 'Acme', 'size', 12, done));
              await step('delete', done => mixpanel.people.delete_user(user, done));
              await step('alias', done => mixpanel.alias(visitor, 'other', done));
            })();
            """, key: TestClient.News.Secret);

        string[] steps = ["track", "batch", "import", "importBatch", "set", "increment", "append", "union", "unset", "group", "delete"];
        Assert.Equal([.. steps.Select(step => step + " ok"), "alias \"Mixpanel Server Error: 0\""], printed);
        await _mixpanel.Arrivals.WaitForMarkersAsync(["tracked", "imported", "imported too", .. Enumerable.Range(0, 120).Select(i => "b" + i)], Patience);
        var arrivals = _mixpanel.Arrivals.Snapshot();
        Assert.Equal(123, arrivals.Count);
        Assert.All(arrivals, arrival => Assert.Equal(arrival.Event.StartsWith("imported", StringComparison.Ordinal) ? "user-7" : "$device:" + _visitor, arrival.DistinctId));
        Assert.All(arrivals.Where(arrival => arrival.DeviceId is not null), arrival => Assert.Contains("~~~>>>???ÿÿ blåbær", arrival.Json, StringComparison.Ordinal));
        var changes = await _mixpanel.Profiles.WaitAsync(all => all.Count >= 7, Patience);
        Assert.Equal(["$set", "$add", "$append", "$union", "$unset", "$delete"], changes.Where(change => change.GroupKey is null).Select(change => change.Operation));
        Assert.All(changes.Where(change => change.GroupKey is null), change => Assert.Equal("user-7", change.DistinctId));
        Assert.Equal(("Acme", "company", """{"size":12}"""), changes.Where(change => change.GroupKey is not null).Select(change => (change.DistinctId, change.GroupKey!, change.Argument)).Single());
    }

    [Fact]
    public async Task WithoutTheSecret_ItTracksVisitors_AndIsToldWhyNoUsers()
    {
        var printed = await RunAsync($$"""
            const step = (name, call) => new Promise(done => call(error => { console.log(name + ' ' + (error ? error.message : 'ok')); done(); }));
            (async () => {
              await step('visitor', done => mixpanel.track('tracked', { distinct_id: '{{_visitor}}' }, done));
              await step('user', done => mixpanel.track('claimed', { distinct_id: 'user-7' }, done));
              await step('profile', done => mixpanel.people.set('user-7', { a: 1 }, done));
              await step('group', done => mixpanel.groups.set('company', 'Acme', 'size', 12, done));
            })();
            """, more: "verbose: true,");

        Assert.Equal("visitor ok", printed[0]);
        Assert.All(printed[1..], line => Assert.Contains("with the client's credentials", line, StringComparison.Ordinal));
        await _mixpanel.Arrivals.WaitForMarkersAsync(["tracked"], Patience);
        Assert.Single(_mixpanel.Arrivals.Snapshot());
    }

    private async Task<string[]> RunAsync(string script, string? key = null, string more = "")
    {
        var keyed = key is null ? "" : $"key: '{key}',";
        var start = new ProcessStartInfo("node", ["-e", $$"""
            const mixpanel = require('mixpanel').init('{{TestClient.News.Token}}', { {{keyed}} {{more}} host: '127.0.0.1', port: {{_silo.Address.Port}}, protocol: 'http', keepAlive: false });
            {{script}}
            """])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The client would go through it.
        foreach (var name in new[] { "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy" }) start.Environment.Remove(name);
        using var node = Process.Start(start)!;
        var printed = Task.WhenAll(node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await node.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            node.Kill(entireProcessTree: true);
        }

        var streams = await printed;
        Assert.Equal("", streams[1]);
        return streams[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
