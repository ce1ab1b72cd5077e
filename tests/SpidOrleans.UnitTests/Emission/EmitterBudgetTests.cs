using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Contracts.Emission;
using Xunit;

namespace SpidOrleans.UnitTests.Emission;

/// <summary>What an emitter does whose project's budget answers, or does not.</summary>
public sealed class EmitterBudgetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly Budget _budget = new();
    private readonly EmitterBudget _emitter;

    public EmitterBudgetTests() => _emitter = new EmitterBudget(
        _budget, new RateBudget(10, 1_000_000_000, TimeSpan.Zero), "news", _clock, _clock, NullLogger.Instance);

    [Fact]
    public async Task ABudgetThatAnswers_IsObeyed()
    {
        _budget.Share = new BudgetShare { IsGranted = false, Wait = TimeSpan.FromSeconds(7) };

        Assert.Equal(_budget.Share, await _emitter.ReserveAsync(3, 4));
        Assert.Equal(["reserve 3 4"], _budget.Calls);
        Assert.Equal(TimeSpan.FromSeconds(9), await _emitter.ThrottledAsync(TimeSpan.FromSeconds(9)));
    }

    [Fact]
    public async Task ABudgetThatDoesNotAnswer_HoldsDeliveryUpForASecond_AndThenTheShardsPartOfTheRateCounts()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        _budget.Silence = new TaskCompletionSource();

        var first = _emitter.ReserveAsync(9, 1);
        Assert.False(first.IsCompleted);
        _clock.Advance(EmitterBudget.CallTimeout);
        Assert.Equal(new BudgetShare { IsGranted = true }, await first.WaitAsync(Patience));

        // Nobody is asked again for a while; the rate holds.
        await _emitter.ReserveAsync(10, 1).WaitAsync(Patience);
        var third = await _emitter.ReserveAsync(10, 1).WaitAsync(Patience);
        Assert.True(third.IsGranted);
        Assert.InRange(third.Wait, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(1.1));
        Assert.Single(_budget.Calls);

        _budget.Silence = null;
        _clock.Advance(EmitterBudget.AloneFor);
        await _emitter.ReserveAsync(1, 1).WaitAsync(Patience);
        Assert.Equal(2, _budget.Calls.Count);
    }

    [Fact]
    public async Task AnEmitterOnItsOwn_PausesWhenItIsThrottled_LongerEachTime_UntilItsEventsAreTaken()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        _budget.IsBroken = true;
        await _emitter.ReserveAsync(1, 1);

        var first = await _emitter.ThrottledAsync(null);
        Assert.InRange(first, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        Assert.Equal(new BudgetShare { IsGranted = false, Wait = first }, await _emitter.ReserveAsync(1, 1));
        _clock.Advance(first);
        Assert.True((await _emitter.ReserveAsync(1, 1)).IsRecovering);
        Assert.InRange(await _emitter.ThrottledAsync(null), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        await _emitter.ResumedAsync();
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.False((await _emitter.ReserveAsync(1, 1)).IsRecovering);
    }

    private sealed class Budget : IProjectBudgetGrain
    {
        public BudgetShare Share { get; set; } = new() { IsGranted = true };

        public TaskCompletionSource? Silence { get; set; }

        public bool IsBroken { get; set; }

        public List<string> Calls { get; } = [];

        public async Task<BudgetShare> ReserveAsync(int events, long bytes)
        {
            await AnswerAsync($"reserve {events} {bytes}");
            return Share;
        }

        public async Task<TimeSpan> ThrottledAsync(TimeSpan? after)
        {
            await AnswerAsync("throttled");
            return after ?? TimeSpan.Zero;
        }

        public Task ResumedAsync() => AnswerAsync("resumed");

        private async Task AnswerAsync(string call)
        {
            Calls.Add(call);
            if (IsBroken) throw new TimeoutException();
            if (Silence is { } silence) await silence.Task;
        }
    }
}
