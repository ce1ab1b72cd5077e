using System.Collections.Concurrent;
using System.Collections.Immutable;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.UnitTests.Web;

/// <summary>A call that reached a grain.</summary>
internal sealed record GrainCall(string Key, string Method, object? Argument = null, EventSource? Source = null, bool FromBrowser = false, KeyDigest? BrowserKey = null)
{
    public ImmutableArray<TrackedEvent> Events => (ImmutableArray<TrackedEvent>)Argument!;
}

/// <summary>Grains that record what they are asked and answer what the test wants.</summary>
internal sealed class FakeGrains : IGrainFactory, IIntake
{
    public ConcurrentQueue<GrainCall> Calls { get; } = [];

    public Func<string, TrackOutcome> Track { get; set; } = _ => TrackOutcome.Stored;

    public Func<VisitorId, VisitorSession> Session { get; set; } = visitor => new VisitorSession { VisitorId = visitor };

    public Func<VisitorId, LoginRequest, LoginResult> Login { get; set; } =
        (visitor, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = visitor };

    /// <summary>Who is signed in under whatever secret is shown.</summary>
    public Func<VisitorId, UserId?> SignedIn { get; set; } = _ => null;

    public Func<VisitorId, LogoutResult> Logout { get; set; } =
        visitor => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = visitor };

    public VisitorDescription Visitor { get; set; } = new();

    public UserDescription User { get; set; } = new();

    /// <summary>What the client says of whoever is asked for.</summary>
    public ClientTraits? Traits { get; set; }

    public TrackOutcome SetOutcome { get; set; } = TrackOutcome.Stored;

    public bool IsTooMuch { get; set; }

    public ImmutableArray<string> Agreements { get; set; } = [];

    public bool IsTrackingRefused { get; set; }

    public async Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false) =>
        IntakeResult.Worst(await Task.WhenAll(events.Select(async one => IntakeResult.Of(
            one.Visitor is { } visitor
                ? await this.GetVisitor(visitor).TrackAsync(source, one.Events, fromBrowser, one.BrowserKey)
                : await this.GetUser(one.User!.Value).TrackAsync(source, one.Events),
            one.Events.Length))));

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        typeof(TGrainInterface) == typeof(IVisitorGrain) ? (TGrainInterface)(object)new VisitorGrain(this, primaryKey)
        : typeof(TGrainInterface) == typeof(IGroupGrain) ? (TGrainInterface)(object)new GroupGrain(this, primaryKey)
        : (TGrainInterface)(object)new UserGrain(this, primaryKey);

    private Task<T> Answer<T>(GrainCall call, Func<T> answer)
    {
        Calls.Enqueue(call);
        return Task.Run(answer);
    }

    private TraitsResult Set(EventSource source, IEnumerable<Trait> traits)
    {
        if (SetOutcome == TrackOutcome.Stored && !IsTooMuch)
            Traits = (Traits ?? new ClientTraits { ClientId = source.ClientId!, Project = source.Project }).With(traits);
        return new TraitsResult { Outcome = SetOutcome, IsTooMuch = IsTooMuch, Traits = Traits };
    }

    /// <summary>Letters of the project «news», by id; what is asked for is not looked at.</summary>
    public ConcurrentDictionary<long, DeadLetter> Letters { get; } = new();

    public ErasureResult Erasure { get; set; } = new() { Outcome = TrackOutcome.Stored };

    public DeadLetterCursor? NextLetters { get; set; }

    private sealed class DeadLetterGrain(FakeGrains all) : IDeadLetterGrain
    {
        public Task<DeadLetterPage> ListAsync(string project, DeadLetterQuery query) => all.Answer(
            new GrainCall(project, "ListLetters", query), () => new DeadLetterPage { Letters = [.. all.Letters.Values], Next = all.NextLetters });

        public Task<DeadLetter?> FindAsync(string project, long id) =>
            all.Answer(new GrainCall(project, "FindLetter", id), () => project == "news" ? all.Letters.GetValueOrDefault(id) : null);

        public Task<DeadLetterOutcome> ReplayAsync(string project, long id, EventRepair? repair) =>
            all.Answer(new GrainCall(project, "ReplayLetter", repair), () => Take(project, id));

        public Task<DeadLetterOutcome> DiscardAsync(string project, long id) =>
            all.Answer(new GrainCall(project, "DiscardLetter", id), () => Take(project, id));

        public Task<DeadLetterChange> ReplayAllAsync(string project, DeadLetterQuery query) =>
            all.Answer(new GrainCall(project, "ReplayLetters", query), () => new DeadLetterChange { Count = all.Letters.Count, Next = all.NextLetters });

        public Task<DeadLetterChange> DiscardAllAsync(string project, DeadLetterQuery query) =>
            all.Answer(new GrainCall(project, "DiscardLetters", query), () => new DeadLetterChange { Count = all.Letters.Count });

        private DeadLetterOutcome Take(string project, long id) =>
            project == "news" && all.Letters.TryRemove(id, out _) ? DeadLetterOutcome.Done : DeadLetterOutcome.NotFound;
    }

    private sealed class VisitorGrain(FakeGrains all, string key) : IVisitorGrain
    {
        private VisitorId Id => VisitorId.TryParse(key[2..], out var id) ? id : throw new ArgumentException(key);

        public Task<TrackOutcome> TrackAsync(
            EventSource source, ImmutableArray<TrackedEvent> events, bool fromBrowser = false, KeyDigest? browserKey = null) =>
            all.Answer(new GrainCall(key, "Track", events, source, fromBrowser, browserKey), () => all.Track(key));

        public Task<LoginResult> LoginAsync(LoginRequest request) =>
            all.Answer(new GrainCall(key, "Login", request, request.Source), () => all.Login(Id, request));

        public Task<LogoutResult> LogoutAsync(LogoutRequest request) =>
            all.Answer(new GrainCall(key, "Logout", request, request.Source), () => all.Logout(Id));

        public Task<VisitorSession> GetSessionAsync(BrowserLook? look = null) =>
            all.Answer(new GrainCall(key, "GetSession", look), () => all.Session(Id));

        public Task<UserId?> FindSignedInAsync(KeyDigest digest) =>
            all.Answer(new GrainCall(key, "FindSignedIn", digest), () => all.SignedIn(Id));

        public Task<VisitorId> GetCurrentAsync() => all.Answer(new GrainCall(key, "GetCurrent"), () => all.Session(Id).VisitorId);

        public Task<VisitorId?> FindCurrentAsync(KeyDigest digest) => all.Answer(new GrainCall(key, "FindCurrent", digest), () =>
            all.Session(Id) is { Recognition: Recognition.Known or Recognition.Renewed } session ? session.VisitorId : (VisitorId?)null);

        public Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits) =>
            all.Answer(new GrainCall(key, "SetTraits", traits, source), () => all.Set(source, traits));

        public Task<ClientTraits?> GetTraitsAsync(string clientId) => all.Answer(new GrainCall(key, "GetTraits", clientId), () => all.Traits);

        public Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates, bool fromBrowser = false, KeyDigest? browserKey = null) =>
            all.Answer(new GrainCall(key, "ChangeProfile", updates, source, fromBrowser), () => all.SetOutcome);

        public Task<ErasureResult> EraseAsync() => all.Answer(new GrainCall(key, "Erase"), () => all.Erasure);

        public Task<TrackOutcome> SetConsentAsync(bool tracking) => all.Answer(new GrainCall(key, "SetConsent", tracking), () => all.SetOutcome);

        public Task<TrackOutcome> SetBrowsersConsentAsync(bool tracking, KeyDigest browserKey) =>
            all.Answer(new GrainCall(key, "SetBrowsersConsent", tracking, BrowserKey: browserKey), () => all.SetOutcome);

        public Task ForgetAsync() => throw new NotSupportedException();

        public Task<VisitorDescription> DescribeAsync(string project) => all.Answer(new GrainCall(key, "Describe", project), () => all.Visitor);
    }

    private sealed class GroupGrain(FakeGrains all, string key) : IGroupGrain
    {
        public Task<TrackOutcome> ChangeAsync(EventSource source, GroupId group, ImmutableArray<ProfileUpdate> updates) =>
            all.Answer(new GrainCall(key, "ChangeProfile", updates, source), () => all.SetOutcome);
    }

    private sealed class UserGrain(FakeGrains all, string key) : IUserGrain
    {
        public Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, LinkedVisitor? visitor = null) =>
            all.Answer(new GrainCall(key, "Track", events, source), () => all.Track(key));

        public Task<AdoptResult> AdoptAsync(LinkedVisitor visitor, LoginRequest login) => throw new NotSupportedException();

        public Task<TrackOutcome> SignInAsync(LinkedVisitor visitor, LoginRequest login, bool isRestored) => throw new NotSupportedException();

        public Task<TrackOutcome> SetProfileAsync(EventSource source, UserProfile profile) => all.Answer(new GrainCall(key, "SetProfile", profile, source), () =>
        {
            if (all.SetOutcome == TrackOutcome.Stored) all.User = all.User with { Profile = all.User.Profile.With(profile) };
            return all.SetOutcome;
        });

        public Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates) =>
            all.Answer(new GrainCall(key, "ChangeProfile", updates, source), () => all.SetOutcome);

        public Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits, bool isTrusted) =>
            all.Answer(new GrainCall(key, isTrusted ? "SetTraits (trusted)" : "SetTraits", traits, source), () => all.Set(source, traits));

        public Task<TraitsResult> RemoveTraitAsync(EventSource source, string name) => all.Answer(new GrainCall(key, "RemoveTrait", name, source), () =>
            all.Set(source, [new Trait { Name = name, SetAtMs = long.MaxValue }]));

        public Task<ClientTraits?> GetTraitsAsync(string clientId) => all.Answer(new GrainCall(key, "GetTraits", clientId), () => all.Traits);

        public Task<UserAccount> GetAccountAsync() => all.Answer(new GrainCall(key, "GetAccount"), () =>
            new UserAccount { Profile = all.User.Profile, Agreements = all.Agreements, IsTrackingRefused = all.IsTrackingRefused });

        public Task AcceptAgreementAsync(string clientId) => all.Answer(new GrainCall(key, "AcceptAgreement", clientId), () =>
            all.Agreements = [clientId, .. all.Agreements]);

        public Task<UserProfile> GetProfileAsync() => all.Answer(new GrainCall(key, "GetProfile"), () => all.User.Profile);

        public Task<ErasureResult> EraseAsync() => all.Answer(new GrainCall(key, "Erase"), () => all.Erasure);

        public Task<TrackOutcome> SetConsentAsync(bool tracking) => all.Answer(new GrainCall(key, "SetConsent", tracking), () => all.SetOutcome);

        public Task<UserExport> ExportAsync(string clientId) => all.Answer(new GrainCall(key, "Export", clientId), () => new UserExport
        {
            Profile = all.User.Profile,
            Traits = all.Traits,
            Visitors = [.. all.User.Visitors.Select(visitor => visitor.Key)],
        });

        public Task<PendingPage> ReadPendingAsync(string project, bool ofProfile, long after) =>
            all.Answer(new GrainCall(key, ofProfile ? "ReadPendingChanges" : "ReadPending", project), () => ofProfile || after == 2
                ? new PendingPage()
                : new PendingPage { Payloads = [System.Text.Encoding.UTF8.GetBytes($"{{\"event\":\"{after}\"}}")], Next = after + 1 });

        public Task<ErasureResult> EraseVisitorAsync(VisitorId visitor) => throw new NotSupportedException();

        public Task<UserDescription> DescribeAsync(string project) => all.Answer(new GrainCall(key, "Describe", project), () => all.User);
    }

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey => (TGrainInterface)(object)new DeadLetterGrain(this);

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();
}
