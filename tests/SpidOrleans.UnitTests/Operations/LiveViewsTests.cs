using System.Text;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Contracts.Operations;
using Xunit;

namespace SpidOrleans.UnitTests.Operations;

public sealed class LiveViewsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly LiveViews _views;
    private readonly Guid _viewer = Guid.NewGuid();

    public LiveViewsTests() => _views = new LiveViews(_clock);

    [Fact]
    public void NobodyLooks_UntilSomebodyAsks_AndAfterTheyHaveGone()
    {
        Assert.False(_views.IsAnybodyLooking);
        _views.Look(_viewer, new LiveFilter());
        Assert.True(_views.IsAnybodyLooking);

        _clock.Advance(OperationsLimits.ViewKept + TimeSpan.FromSeconds(1));
        _views.Leave();
        Assert.False(_views.IsAnybodyLooking);
    }

    [Fact]
    public void AView_GetsWhatMatches_Once()
    {
        _views.Look(_viewer, new LiveFilter { Project = "web", Event = "Ord", Identity = "anna", Client = "News" });
        Show("web", "Order", "anna", "News");
        Show("app", "Order", "anna", "News");
        Show("web", "Login", "anna", "News");
        Show("web", "Order", "bob", "News");
        Show("web", "Order", "anna", "Other");

        var live = Assert.Single(_views.Look(_viewer, new LiveFilter()).Events);
        Assert.Equal(("web", "Order", "anna", "News", "i"), (live.Project, live.Event, live.User, live.Client, live.InsertId));
        Assert.Empty(_views.Look(_viewer, new LiveFilter()).Events);
    }

    [Fact]
    public void AViewerWhoIsSlow_LosesEvents_AndIsTold()
    {
        _views.Look(_viewer, new LiveFilter());
        for (var i = 0; i < 700; i++) Show("web", "e", "anna", "News");

        var page = _views.Look(_viewer, new LiveFilter());
        Assert.Equal((OperationsLimits.LiveEventsMax, 200L), (page.Events.Length, page.Dropped));
        Assert.Equal(0, _views.Look(_viewer, new LiveFilter()).Dropped);
    }

    [Fact]
    public void TooManyViewers_AreTold()
    {
        for (var i = 0; i < 16; i++) Assert.False(_views.Look(Guid.NewGuid(), new LiveFilter()).IsFull);
        Assert.True(_views.Look(Guid.NewGuid(), new LiveFilter()).IsFull);
        _clock.Advance(OperationsLimits.ViewKept + TimeSpan.FromSeconds(1));
        Assert.False(_views.Look(Guid.NewGuid(), new LiveFilter()).IsFull);
    }

    private void Show(string project, string name, string user, string client) => _views.Show(JournalStep.Accepted, 1, project, Encoding.UTF8.GetBytes(
        $$$"""{"event":"{{{name}}}","properties":{"time":1,"$insert_id":"i","$user_id":"{{{user}}}","Version":"1","Revision":"2","Client":"{{{client}}}"}}"""));
}
