using System.Text;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Stamping;

public sealed class ProfileWriterTests
{
    private static readonly UserId User = UserId.TryParse("4711", out var id) ? id : default;

    private static readonly ClientTraits Traits = new ClientTraits { ClientId = "news", Project = "p" }.With(
    [
        new Trait { Name = "Plan", Json = "\"pro\"" }, new Trait { Name = "Age", Json = "7" }, new Trait { Name = "Gone" },
        new Trait { Name = "Locale", Json = "\"forged\"" }, new Trait { Name = "Last login", Json = "1" },
    ]);

    [Fact]
    public void ALogin_SetsTraitsAndWhatSpidKnows_WhichNoTraitOverrides() => Assert.Equal(
        """{"$distinct_id":"4711","$ip":"0","$set":{"Age":7,"Plan":"pro","Birthday":"1990-11-23","Last authenticated":"2026-11-18T13:46:40","Last login":"2026-11-18T13:46:40"}}""",
        Show(ProfileWriter.Set(User, Traits, new UserProfile { Birthday = new DateOnly(1990, 11, 23) }, isPresent: true, 1_795_009_600_000, 1_795_009_600_000)));

    [Fact]
    public void ABackEndsWord_LeavesAloneWhenThePersonWasLastSeen() => Assert.Equal(
        """{"$distinct_id":"4711","$ip":"0","$ignore_time":true,"$set":{"Locale":"nb_NO"}}""",
        Show(ProfileWriter.Set(User, null, new UserProfile { Locale = "nb_NO" })));

    [Fact]
    public void WhatIsTakenAway_IsUnset()
    {
        Assert.Equal("""{"$distinct_id":"4711","$ip":"0","$ignore_time":true,"$unset":["a\"b"]}""", Show(ProfileWriter.Unset(User, "a\"b")));
        Assert.Equal(PayloadKind.Profile, OutboxPayload.KindOf(ProfileWriter.Unset(User, "a")));
    }

    private static string Show(byte[] payload) => Encoding.UTF8.GetString(payload);
}
