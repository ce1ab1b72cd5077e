using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>What every database's outbox must do. A back end adds a thin subclass that opens and closes it.</summary>
public abstract partial class OutboxConformance : IAsyncLifetime
{
    protected const string Web = "web";
    protected const string App = "app";
    protected const int ShardsOfAProject = 4;

    /// <summary>What the grains' states are stored under.</summary>
    protected const string Service = "spid";

    /// <summary>Only a hang takes this long.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private GroupCommitOutbox? _writer;

    /// <summary>Opens the database of this test: the same one each time, whatever was stored still in it.</summary>
    protected abstract Task<IOutboxEngine> OpenEngineAsync();

    protected abstract Task CloseEngineAsync();

    /// <summary>Deletes the database, after the last close.</summary>
    protected abstract void Discard();

    protected abstract Task<IReadOnlyList<DeadLetter>> ReadDeadLettersAsync();

    /// <summary>Stores a visitor's state, as Orleans does.</summary>
    protected abstract Task StoreStateAsync(string key, string service = Service);

    /// <summary>Another look at the same database, as another silo has it.</summary>
    private protected abstract IBacklogReader Backlog();

    protected abstract Task<long> CountMarksAsync();

    /// <summary>All that is stored, as text.</summary>
    protected abstract Task<string> DumpAsync();

    /// <summary>A row of the dead letters, oldest first.</summary>
    protected sealed record DeadLetter(string Project, string Identity, long TimeMs, string Payload, string Reason, long RefusedAtMs);

    protected IOutboxEngine Engine { get; private set; } = null!;

    /// <summary>The engine's.</summary>
    protected FakeTimeProvider Clock { get; } = new();

    private protected Gate Gate { get; private set; } = null!;

    protected IOutbox Outbox => _writer!;

    private protected RecordingBell Bell { get; } = new();

    protected CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(StartAsync());

    public async ValueTask DisposeAsync()
    {
        // Without a server there is nothing to open.
        if (_writer is null) return;
        Gate.Open();
        await StopAsync();
        Discard();
        GC.SuppressFinalize(this);
    }

    protected async Task StartAsync()
    {
        Engine = await OpenEngineAsync();
        Gate = new Gate(Engine);
        _writer = new GroupCommitOutbox(Gate, Bell, Meters.ForOutbox(), TimeProvider.System, NullLogger<GroupCommitOutbox>.Instance);
        await _writer.StartAsync(Cancel);
    }

    /// <summary>The engine goes on: for a writer of the test's own.</summary>
    private Task StopWriterAsync() => _writer!.StopAsync(CancellationToken.None).WaitAsync(Patience);

    protected async Task StopAsync()
    {
        await StopWriterAsync();
        _writer!.Dispose();
        await CloseEngineAsync();
    }

    protected async Task ReopenAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    protected static Lane LaneOf(string project, string identity) =>
        new(Shard.Of(project, identity, ShardsOfAProject), identity);

    protected static OutboxEvent Event(string text, long timeMs = 1_000) => new(timeMs, Encoding.UTF8.GetBytes(text));

    protected static string TextOf(OutboxRow row) => Encoding.UTF8.GetString(row.Payload.Span);

    protected async Task AppendAsync(string project, string identity, params string[] texts) =>
        Assert.True(await Outbox.AppendAsync(LaneOf(project, identity), [.. texts.Select(text => Event(text))]).WaitAsync(Patience));

    protected Task<int> MoveAsync(string from, string to, string last, string project = Web) =>
        Outbox.MoveAsync(from, to, _ => ShardsOfAProject, project, Event(last)).WaitAsync(Patience);

    /// <summary>The shard of a lane, oldest first; the lanes of one test's shard are its own.</summary>
    protected Task<IReadOnlyList<OutboxRow>> ReadRowsAsync(string project, string identity) =>
        Outbox.ReadOldestAsync(LaneOf(project, identity).Shard, 2_000, int.MaxValue, Cancel).WaitAsync(Patience);

    protected async Task<string[]> ReadAsync(string project, string identity) =>
        [.. (await ReadRowsAsync(project, identity)).Select(TextOf)];

    protected async Task<List<OutboxRow>> ReadAllAsync()
    {
        var rows = new List<OutboxRow>();
        foreach (var shard in await Outbox.ReadShardsAsync(Cancel))
            rows.AddRange(await Outbox.ReadOldestAsync(shard, int.MaxValue, int.MaxValue, Cancel));
        return rows;
    }
}
