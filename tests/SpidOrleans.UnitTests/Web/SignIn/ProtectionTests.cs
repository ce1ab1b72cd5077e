using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

public class ProtectionTests
{
    [Fact]
    public async Task Silos_WithTheSameSigningKey_OpenWhatEachOtherProtects_AndNobodyElseDoes()
    {
        await using var one = await SignInHost.StartAsync(null, ("Session:SigningKey", new string('k', 32)));
        await using var two = await SignInHost.StartAsync(null, ("Session:SigningKey", new string('k', 32)));
        await using var other = await SignInHost.StartAsync(null, ("Session:SigningKey", new string('K', 32)));
        byte[] message = [.. "the message"u8];

        var sealed1 = Protector(one, "a", "b").Protect(message);

        Assert.Equal(message, Protector(two, "a", "b").Unprotect(sealed1));
        Assert.NotEqual(sealed1, Protector(one, "a", "b").Protect(message));
        foreach (var stranger in new[] { Protector(other, "a", "b"), Protector(one, "a", "c"), Protector(one, "ab"), Protector(one, "a"), Protector(one, "a", "b", "c"), Protector(one, "1:a1:b") })
            Assert.ThrowsAny<CryptographicException>(() => stranger.Unprotect(sealed1));
    }

    [Fact]
    public async Task AMessage_ThatIsChangedAnywhere_IsNotOpened()
    {
        await using var host = await SignInHost.StartAsync();
        var protector = Protector(host, "a");
        foreach (var plain in new byte[][] { [], [1], new byte[100] })
        {
            var message = protector.Protect(plain);
            Assert.Equal(plain, protector.Unprotect(message));
            for (var i = 0; i < message.Length; i++)
            {
                var changed = (byte[])message.Clone();
                changed[i] ^= 1;
                Assert.ThrowsAny<CryptographicException>(() => protector.Unprotect(changed));
                Assert.ThrowsAny<CryptographicException>(() => protector.Unprotect(message[..i]));
            }
        }
    }

    [Fact]
    public void AProfile_TakesWhatCanBeUsed()
    {
        var now = new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

        Assert.Equal(
            new UserProfile { Birthday = new(1980, 12, 31), Gender = "male", Locale = "sv", DisplayName = "A" },
            Read(now, ("birthdate", "1980-12-31"), ("gender", "male"), ("locale", "sv"), ("name", "A"), ("email", "a@b.test")));
        Assert.Null(Read(now, ("birthdate", "0000-12-31"), ("gender", "other"), ("locale", "!"), ("name", ""), ("given_name", new string('x', 256)), ("family_name", "a\nb")));
        Assert.Null(Read(now, ("birthdate", "2026-01-03"), ("name", "\ud800"), ("given_name", " ")));
        Assert.Null(Read(now, ("birthdate", "1980")));
    }

    private static UserProfile? Read(DateTimeOffset now, params (string Type, string Value)[] claims) => SpidOrleans.Web.SignIn.ProviderProfile.Read(
        new ClaimsPrincipal(new ClaimsIdentity(claims.Select(claim => new Claim(claim.Type, claim.Value)))), now);

    private static IDataProtector Protector(WebHostFixture host, params string[] purposes) =>
        host.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector(purposes[0], purposes[1..]);
}
