using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SpidOrleans.Web.Browser;
using Xunit;

namespace SpidOrleans.UnitTests.Browser;

/// <summary>SPiD's own published examples, and what must not pass for one.</summary>
public class SignedTextTests
{
    private const string Order = "eyJvYmplY3QiOiJvcmRlciIsImVudHJ5IjpbeyJvcmRlcl9pZCI6IjMwMDAxNCIsImNoYW5nZWRfZmllbGRzIjoic3RhdHVzIiwidGltZSI6IjIwMTItMDktMzAgMTM6MjE6NDMifSx7Im9yZGVyX2lkIjoiMzAwMDE2IiwiY2hhbmdlZF9maWVsZHMiOiJzdGF0dXMiLCJ0aW1lIjoiMjAxMi0wOS0zMCAxMzoyMTo0MyJ9XX0";
    private const string Traits = "eyJTdWJzY3JpYmVkIHNpbmNlIjoiMjAxMi0xMS0yMCIsIk5ld3NsZXR0ZXIgc3Vic2NyaWJlciI6dHJ1ZSwiR29hbHMgcmVhY2hlZCI6MTIsIkFjY291bnQgdHlwZSI6IlBlcnNvbmFsIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJ0IjoxMzcyMTUwMjU3LjExfQ";
    private const string Payload = "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsIjAiOiJwYXlsb2FkIn0";
    private const string Payment = "eyJvYmplY3QiOiJvcmRlciIsImVudHJ5IjpbeyJvcmRlcklkIjoiMzE3NjQwMyIsImNoYW5nZWRGaWVsZHMiOiJzdGF0dXMiLCJ0aW1lIjoiMjAxNC0wNi0xMiAxMzozOTozNCJ9XSwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYifQ";

    private const string TraitsMac = "zOJ7x_oA3EnL4CB5AsgONtWfdF2r_N6c-aLZTaGy-z8";

    [Theory]
    [InlineData("a274de", Order, "GTUVPjN1LzdyU1qwHjnMKS2oNxckfGzXWA6WOGHVOOg")]
    [InlineData("test", Traits, TraitsMac)]
    [InlineData("secret", Payload, "vlXgu64BQGFSQrY0ZcJBZASMvYvTHu9GQ0YM9rjPSso")]
    [InlineData("payment", Payment, "Go3nym6YCKGSkoGAmNaBfnoEpTgLWXQPwm2rwtvMe0A")]
    public void AnExample_IsSignedAndVerified(string secret, string payload, string mac)
    {
        var key = Encoding.UTF8.GetBytes(secret);
        var json = Base64Url.DecodeFromChars(payload);

        Assert.Equal($"{mac}.{payload}", SignedText.Sign(key, json));
        Assert.True(SignedText.TryVerify([key], $"{mac}.{payload}", out var read));
        Assert.Equal(Encoding.UTF8.GetString(json), read.Value.GetRawText());
        Assert.True(SignedText.TryVerify([key], $"{mac}=.{payload}", out _));
    }

    [Theory]
    // The MAC of the JSON instead of its characters in base64url.
    [InlineData("a274de", "oWKAHYP6KjVNeXh1temRGKmRJ6yrOaNtPp8v7wvuGIQ." + Order)]
    [InlineData("WrongKey", "Go3nym6YCKGSkoGAmNaBfnoEpTgLWXQPwm2rwtvMe0A." + Payment)]
    [InlineData("test", TraitsMac)]
    [InlineData("test", TraitsMac + ".")]
    [InlineData("test", "." + Traits)]
    [InlineData("test", Traits + "." + TraitsMac)]
    [InlineData("test", TraitsMac + "." + Traits + ".")]
    [InlineData("test", TraitsMac + "." + Payload)]
    [InlineData("test", "zOJ7x_oA3EnL4CB5AsgONtWfdF2r_N6c-aLZTaGy-z9." + Traits)]
    [InlineData("test", "")]
    [InlineData("test", null)]
    [InlineData("secret", "UKpcW_4cVs2V2X1jnK-SrwVOWWphFKExv85sLfgA6jw.eyJ0ZXN0IjoiOSIsImFsZ29yaXRobSI6IkhNQUMtU0hBMjU2In0")]
    public void AWrongOne_IsNot(string secret, string? text)
    {
        Assert.False(SignedText.TryVerify([Encoding.UTF8.GetBytes(secret)], text, out var payload));
        Assert.Null(payload);
    }

    [Theory]
    [InlineData("SignatureSecret", "value1value2value3", "uga44w13afsHV2XG31aELoopALuzUF2yyRffxpecLl0")]
    [InlineData("foobar", "zebratreesunorangemonkeybanana", "tRlGuWccK6oy4QqjPysJfXYgrPYPNso44FFmoYF47oA")]
    public void AHashOfARequest_IsTheSameMac(string secret, string text, string mac) =>
        Assert.Equal(mac, Base64Url.EncodeToString(SignedText.Mac(Encoding.UTF8.GetBytes(secret), text)));

    [Theory]
    [InlineData("""{"algorithm":"none"}""")]
    [InlineData("""{"algorithm":"HMAC-SHA512"}""")]
    [InlineData("""{"algorithm":null}""")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void APayloadThatNamesAnotherAlgorithmOrIsNoObject_IsRefusedUnderARightMac(string json)
    {
        Assert.False(SignedText.TryVerify(["k"u8.ToArray()], SignedText.Sign("k"u8, Encoding.UTF8.GetBytes(json)), out _));
    }

    [Fact]
    public void AnyOfSeveralSecrets_MayHaveSigned()
    {
        var (newest, former, foreign) = ("new"u8.ToArray(), "old"u8.ToArray(), "other"u8.ToArray());
        var text = SignedText.Sign(former, """{"a":1}"""u8);

        Assert.True(SignedText.TryVerify([newest, former], text, out _));
        Assert.False(SignedText.TryVerify([newest, foreign], text, out _));
    }

    /// <summary>Where every secret of the product is compared: a comparison that stops at the first difference would tell
    /// a patient sender the MAC byte by byte.</summary>
    [Theory]
    [InlineData(typeof(SignedText), nameof(SignedText.TryVerify))]
    [InlineData(typeof(VisitorCookie), "FindKey")]
    [InlineData(typeof(SpidOrleans.Contracts.Visitors.KeyDigest), nameof(SpidOrleans.Contracts.Visitors.KeyDigest.Matches))]
    public void ASecret_IsComparedInConstantTime(Type type, string method)
    {
        const System.Reflection.BindingFlags all = System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Static
            | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic;
        var code = type.GetMethod(method, all)!.GetMethodBody()!.GetILAsByteArray()!;
        var fixedTime = typeof(CryptographicOperations).GetMethod(nameof(CryptographicOperations.FixedTimeEquals))!;

        // A call's operand is a token of four bytes after its opcode.
        Assert.Contains(Enumerable.Range(0, code.Length - 4), at => code[at] is 0x28 && Calls(type.Module, BitConverter.ToInt32(code, at + 1), fixedTime));
    }

    private static bool Calls(System.Reflection.Module module, int token, System.Reflection.MethodInfo method)
    {
        try
        {
            return module.ResolveMethod(token) == method;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
