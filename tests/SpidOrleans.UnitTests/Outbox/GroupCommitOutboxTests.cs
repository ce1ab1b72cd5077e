using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>The bounds of the writer itself, over a database that answers only when told to.</summary>
public sealed class GroupCommitOutboxTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Lane Lane = new(new Shard("web", 0), "v:a");

    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingBell _bell = new();
    private readonly AgreeableEngine _engine = new();
    private readonly Gate _gate;
    private readonly GroupCommitOutbox _outbox;

    public GroupCommitOutboxTests()
    {
        _gate = new Gate(_engine);
        _outbox = new GroupCommitOutbox(_gate, _bell, Meters.ForOutbox(), _clock, NullLogger<GroupCommitOutbox>.Instance);
    }

    public async ValueTask InitializeAsync()
    {
        await _outbox.StartAsync(CancellationToken.None);
        _gate.Close();
        _ = _outbox.AppendAsync(Lane, [new OutboxEvent(0, default)]);
        await _gate.HoldAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await _outbox.StopAsync(CancellationToken.None).WaitAsync(Patience);
        _outbox.Dispose();
    }

    [Fact]
    public async Task Queue_WithItsMostOperations_RefusesOneMore_AndTakesMoreOnceItIsEmpty()
    {
        var queued = Enumerable.Range(0, GroupCommitOutbox.QueueOperationsMax).Select(_ => _outbox.AppendAsync(Lane, [])).ToList();
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => _outbox.AppendAsync(Lane, []));

        _gate.Open();
        await Task.WhenAll(queued).WaitAsync(Patience);
        Assert.True(await _outbox.AppendAsync(Lane, []).WaitAsync(Patience));
    }

    [Fact]
    public async Task Queue_WithItsMostBytes_RefusesMore_AndTakesMoreOnceItIsEmpty()
    {
        OutboxEvent[] events = [new(0, new byte[16 << 20])]; // one array, counted each time
        var queued = Enumerable.Range(0, (int)(GroupCommitOutbox.QueueBytesMax >> 24)).Select(_ => _outbox.AppendAsync(Lane, events)).ToList();
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => _outbox.AppendAsync(Lane, [new OutboxEvent(0, new byte[1])]));

        _gate.Open();
        await Task.WhenAll(queued).WaitAsync(Patience);
        Assert.True(await _outbox.AppendAsync(Lane, events).WaitAsync(Patience));
    }

    [Fact]
    public async Task Group_TakesNoMoreThanItsRows()
    {
        var rows = Enumerable.Repeat(new OutboxEvent(0, default), GroupCommitOutbox.GroupRowsMax / 2).ToArray();
        var queued = Enumerable.Range(0, 5).Select(_ => _outbox.AppendAsync(Lane, rows)).ToList();
        _gate.Open();
        await Task.WhenAll(queued).WaitAsync(Patience);
        Assert.Equal([1, 2, 2, 1], _gate.GroupSizes);
    }

    [Fact]
    public async Task Move_IntoItself_IsRefusedBeforeItCanCloseTheIdentity() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _outbox.MoveAsync("u:1", "u:1", _ => 1, "web", new OutboxEvent(0, default)));

    [Fact]
    public async Task Commit_ThatTakesTooLong_FailsItsCallersAndLetsTheNextGroupGo()
    {
        var next = _outbox.AppendAsync(Lane, [new OutboxEvent(0, default)]);
        _clock.Advance(GroupCommitOutbox.CommitTimeout);
        _gate.Open(); // too late for the first group: its token has fired
        Assert.True(await next.WaitAsync(Patience));
        Assert.Equal([1], _gate.GroupSizes);
    }

    [Fact]
    public async Task ADiskThatIsNearlyFull_TakesNoMoreEvents_ButLetsDeliveredOnesGo()
    {
        _gate.Open();
        _engine.HasRoom = false;
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => _outbox.AppendAsync(Lane, [new OutboxEvent(0, default)]));
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => _outbox.MoveAsync("v:1", "u:1", _ => 1, "web", new OutboxEvent(0, default)));
        await _outbox.RemoveAsync(Lane.Shard, [1]).WaitAsync(Patience);

        _engine.HasRoom = true;
        Assert.True(await _outbox.AppendAsync(Lane, [new OutboxEvent(0, default)]).WaitAsync(Patience));
    }

    [Fact]
    public async Task Operation_ThatFailsAfterTheCommit_FailsItsCallerAlone()
    {
        var append = _outbox.AppendAsync(Lane, [new OutboxEvent(0, default)]);
        var removal = _outbox.RemoveAsync(Lane.Shard, [1]);
        _engine.RemovalFailure = new OutboxUnavailableException("too slow");
        _gate.Open();

        Assert.Same(_engine.RemovalFailure, await Assert.ThrowsAsync<OutboxUnavailableException>(() => removal.WaitAsync(Patience)));
        Assert.True(await append.WaitAsync(Patience));
    }

    private sealed class AgreeableEngine : IOutboxEngine
    {
        public OutboxUnavailableException? RemovalFailure { get; set; }

        public bool HasRoom { get; set; } = true;

        public Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken)
        {
            foreach (var append in group.OfType<AppendOperation>()) append.Result = true;
            foreach (var removal in group.OfType<RemoveOperation>()) removal.Failure = RemovalFailure;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<OutboxRow>> ReadHeldAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
