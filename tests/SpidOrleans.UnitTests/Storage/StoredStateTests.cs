using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using SpidOrleans.Cluster.Users;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Traits;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>States as earlier versions have stored them: bytes that are never to be made anew.</summary>
public sealed class StoredStateTests
{
    private const string UserBeforeTraits =
        "IOgg6GDEFQsAwQHBAcEBQQtuYl9OT8EBwQHBAeAhIAADIehAIZ4rCns+XURLn0MNaj5dagHg4OAnJyAAA0EJbmV3c+Dg4A==";

    private const string VisitorBeforeTraits =
        "IOgg6EAJNDcxMeABqSHoIOjAB+Ah6EAJTmV3c0EDcOAh6EALTG9naW4BFUEDacEBwQFBAeAh6MABwQHBAcEBQQtuYl9OT8EBwQHBAeAh6EADcsEBwQHgwQEBAeAiIAADIehAA2sh6EAhnisKez5dREufQw1qPl1qAeABDeDg4CHowAFBA3TBAeDBAcEBAQHBAQEdwREnE+jAAcEBAQPBAcEBwQHgIejAEcEX4OA=";

    private readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void AUserStoredBeforeThereWereTraits_IsReadAsItWas()
    {
        var user = Read<UserState>(UserBeforeTraits);

        Assert.Equal((new DateOnly(1990, 1, 2), "nb_NO"), (user.Profile.Birthday, user.Profile.Locale));
        Assert.Equal("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01", Assert.Single(user.Visitors).ToString());
        Assert.Equal(["news"], user.Agreements);
        Assert.Null(user.Traits);
        Assert.Empty(user.Clusters);
        Assert.Equal("1", AgainWith(user).Traits!.Of("news")!.Set.Single().Json);
    }

    [Fact]
    public void AVisitorStoredBeforeThereWereTraits_IsReadAsItWas()
    {
        var visitor = Read<VisitorState>(VisitorBeforeTraits);

        Assert.Equal(("4711", 42L, 7L), (visitor.LinkedUser?.ToString(), visitor.LinkedAtMs, visitor.FutureEventMs));
        Assert.Equal(("Login", "i", "nb_NO", "r"), (
            visitor.PendingLogin!.Event.Name, visitor.PendingLogin.Event.InsertId, visitor.PendingLogin.Profile!.Locale, visitor.PendingLogin.Tracking!.Ref));
        Assert.Equal(("k", 3), (visitor.Logins.Single().Key, visitor.Logins.Single().Merged));
        Assert.Equal("t", visitor.Tracking!.Tag);
        Assert.True(visitor.Binding!.IsOpen);
        Assert.Equal("Login", visitor.Autologin!.Event.Name);
        Assert.Equal(("News", "p", null), (visitor.LogoutSource!.ClientName, visitor.LogoutSource.Project, visitor.LogoutSource.ClientId));
        Assert.Null(visitor.Traits);
    }

    private UserState AgainWith(UserState user)
    {
        var traits = new ClientTraits { ClientId = "news", Project = "p" }.With([new Trait { Name = "a", Json = "1", SetAtMs = 5 }]);
        return _serializer.Deserialize<UserState>(_serializer.SerializeToArray(user with { Traits = TraitMap.Empty.With(traits) }))!;
    }

    private T Read<T>(string stored) => _serializer.Deserialize<T>(Convert.FromBase64String(stored))!;
}
