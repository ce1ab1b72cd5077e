using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>
/// Writes a change of Mixpanel's profile of a user, without the project's token, which is put in front when it is sent. It says the
/// whole of what it sets, not what is new of it: should a repeat of an older change ever come late, the next one mends it.
/// </summary>
internal static class ProfileWriter
{
    private const string Locale = "Locale";
    private const string Birthday = "Birthday";
    private const string LastAuthenticated = "Last authenticated";
    private const string LastLogin = "Last login";

    /// <summary>No client's trait goes into a profile under one of these names.</summary>
    public static readonly FrozenSet<string> Names = ProfileLimits.Names.ToFrozenSet(StringComparer.Ordinal);

    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="traits">Of one client; null: none.</param>
    /// <param name="profile">What SPiD knows; null: not to be told this time.</param>
    /// <param name="isPresent">The person is there; else Mixpanel's note of when it last saw them stays as it is.</param>
    /// <param name="authenticatedAtMs">When the person was recognised; null: not this time.</param>
    /// <param name="loginAtMs">When the person logged in; null: not this time.</param>
    public static byte[] Set(
        UserId user, ClientTraits? traits, UserProfile? profile = null, bool isPresent = false, long? authenticatedAtMs = null, long? loginAtMs = null) =>
        Write(user, isPresent, writer =>
        {
            writer.WriteStartObject("$set"u8);
            if (traits is not null) TraitWriter.Write(writer, traits, Names);
            if (profile?.Locale is { } locale) writer.WriteString(Locale, locale);
            if (profile?.Birthday is { } birthday) writer.WriteString(Birthday, birthday.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            if (authenticatedAtMs is { } authenticated) writer.WriteString(LastAuthenticated, Moment(authenticated));
            if (loginAtMs is { } login) writer.WriteString(LastLogin, Moment(login));
            writer.WriteEndObject();
        });

    /// <param name="trait">The name of a trait that was taken away.</param>
    public static byte[] Unset(UserId user, string trait) => Write(user, isPresent: false, writer =>
    {
        writer.WriteStartArray("$unset"u8);
        writer.WriteStringValue(trait);
        writer.WriteEndArray();
    });

    /// <summary>What a sender asked for, of a user.</summary>
    public static byte[] Write(UserId user, ProfileUpdate update) =>
        Write(writer => writer.WriteString("$distinct_id"u8, user.ToString()), update);

    /// <summary>What a sender asked for, of a group.</summary>
    public static byte[] Write(GroupId group, ProfileUpdate update) => Write(writer =>
    {
        writer.WriteString("$group_key"u8, group.GroupKey);
        writer.WriteString("$group_id"u8, group.Id);
    }, update);

    private static byte[] Write(Action<Utf8JsonWriter> writeIds, ProfileUpdate update)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + update.Argument.Length);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writeIds(writer);
        writer.WriteString("$ip"u8, update.Ip ?? "0");
        if (update.IgnoresTime) writer.WriteBoolean("$ignore_time"u8, true);
        if (update.IgnoresAlias) writer.WriteBoolean("$ignore_alias"u8, true);
        writer.WritePropertyName(update.Operation);
        writer.WriteRawValue(update.Argument.Span, skipInputValidation: true);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Write(UserId user, bool isPresent, Action<Utf8JsonWriter> writeOperation)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("$distinct_id"u8, user.ToString());
        // The server's address says nothing of where the person is.
        writer.WriteString("$ip"u8, "0"u8);
        if (!isPresent) writer.WriteBoolean("$ignore_time"u8, true);
        writeOperation(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>As Mixpanel reads dates: UTC.</summary>
    private static string Moment(long timeMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(timeMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
