using System.Buffers;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>
/// Writes the event as it leaves for Mixpanel: under Simplified ID Merge with <c>$device_id</c> and <c>$user_id</c> and no
/// <c>distinct_id</c>, under Original with <c>distinct_id</c> alone. The sender's properties are copied as the bytes they came in.
/// </summary>
internal static class EventWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        // The payload goes to Mixpanel, never into a page: no need to escape å as six bytes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonEncodedText Version = JsonEncodedText.Encode(PlatformVersion(0));
    private static readonly JsonEncodedText Revision = JsonEncodedText.Encode(PlatformVersion(1));

    [ThreadStatic] private static ArrayBufferWriter<byte>? t_buffer;
    [ThreadStatic] private static Utf8JsonWriter? t_writer;

    public static byte[] Write(EventSource source, TrackedEvent e, in Stamp stamp)
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(4_096);
        var writer = t_writer ??= new Utf8JsonWriter(buffer, Options);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);

        if (stamp is { IsOfUsersLane: true, User: null }) OutboxPayload.MarkUnnamed(buffer);
        writer.WriteStartObject();
        writer.WriteString("event"u8, e.Name);
        writer.WriteStartObject("properties"u8);
        writer.WriteNumber("time"u8, stamp.TimeMs);
        writer.WriteString("$insert_id"u8, stamp.InsertId);
        WriteIds(writer, stamp);
        var room = PropertyRoom.Beside(e.Properties.Span);
        var platform = WritePlatformProperties(writer, source, e, stamp, ref room);
        if (stamp.Traits is { } traits) TraitWriter.Write(writer, traits, PlatformPropertyNames.All, ref room, e.Properties.Span);
        writer.Flush();

        // Both objects are still open: the sender's members follow as they are, then the two braces.
        if (e is { Properties.Length: > 2, IsFreeOfPlatformNames: true }) AppendRun(buffer, e.Properties.Span[1..^1]);
        else if (e.Properties.Length > 2) AppendMembers(buffer, e.Properties.Span, platform);
        buffer.Write("}}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteIds(Utf8JsonWriter writer, in Stamp stamp)
    {
        if (stamp.Device is { } device && !(stamp.IsOriginal && stamp.User is not null))
        {
            Span<char> key = stackalloc char[VisitorId.KeyLength];
            device.FormatKey(key);
            writer.WriteString(stamp.IsOriginal ? "distinct_id"u8 : "$device_id"u8, key[2..]);
        }

        if (stamp.User is { } user) writer.WriteString(stamp.IsOriginal ? "distinct_id"u8 : "$user_id"u8, user.ToString());
    }

    /// <summary>SPiD's own properties, those that are known and for which there is room. They win over the sender's, who might claim
    /// anything.</summary>
    /// <returns>Those that are known.</returns>
    private static PlatformProperties WritePlatformProperties(Utf8JsonWriter writer, EventSource source, TrackedEvent e, in Stamp stamp, ref PropertyRoom room)
    {
        var known = PlatformProperties.None;
        var left = room;
        // Where there is little room, the first are worth the most.
        if (e.Ip is not null && left.TryTake()) writer.WriteString("ip"u8, e.Ip);
        Text("Client"u8, source.ClientName, PlatformProperties.Client);
        if (stamp.User is { } user) Text("SPiD ID"u8, user.ToString(), PlatformProperties.SpidId);
        if (e.UserAgent is not null) Text("User agent"u8, e.UserAgent, PlatformProperties.UserAgent);
        Encoded("Version"u8, Version, PlatformProperties.Version);
        Encoded("Revision"u8, Revision, PlatformProperties.Revision);
        if (stamp.Profile is { } profile)
        {
            if (profile.Birthday is { } birthday && AgeAt(birthday, stamp.TimeMs) is { } age)
            {
                known |= PlatformProperties.Age;
                if (left.TryTake(PlatformProperties.Age)) writer.WriteNumber("Age"u8, age);
            }

            if (profile.Gender is not null) Text("Gender"u8, profile.Gender, PlatformProperties.Gender);
            if (profile.Status is not null) Text("User status"u8, profile.Status, PlatformProperties.UserStatus);
            if (profile.Registered is { } registered)
                Text("Registered"u8, registered.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss"), PlatformProperties.Registered);
        }

        if (stamp.Tracking is { } tracking)
        {
            if (tracking.Ref is not null) Text("Tracking ref"u8, tracking.Ref, PlatformProperties.TrackingRef);
            if (tracking.Tag is not null) Text("Tracking tag"u8, tracking.Tag, PlatformProperties.TrackingTag);
            if (tracking.Flow is not null) Text("Flow"u8, tracking.Flow, PlatformProperties.Flow);
        }

        room = left;
        return known;

        void Text(ReadOnlySpan<byte> name, string value, PlatformProperties property)
        {
            known |= property;
            if (left.TryTake(property)) writer.WriteString(name, value);
        }

        void Encoded(ReadOnlySpan<byte> name, JsonEncodedText value, PlatformProperties property)
        {
            known |= property;
            if (left.TryTake(property)) writer.WriteString(name, value);
        }
    }

    /// <summary>Copies the members of an object behind those of one that is open.</summary>
    /// <param name="taken">SPiD's that the open one has: theirs are left out.</param>
    internal static void AppendMembers(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> json, PlatformProperties taken)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var start = -1L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var from = reader.TokenStartIndex;
            var isTaken = (PlatformPropertyNames.Find(ref reader) & taken) != 0;
            reader.Read();
            reader.Skip();
            // Members that stay are copied in runs, commas and all.
            if (!isTaken && start < 0) start = from;
            if (isTaken && start >= 0) { AppendRun(buffer, json[(int)start..(int)from]); start = -1; }
        }

        if (start >= 0) AppendRun(buffer, json[(int)start..json.LastIndexOf((byte)'}')]);
    }

    private static void AppendRun(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> run)
    {
        run = run.TrimEnd(" \t\r\n,"u8);
        buffer.Write(","u8);
        buffer.Write(run);
    }

    private static int? AgeAt(DateOnly birthday, long timeMs)
    {
        var day = DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(timeMs).UtcDateTime);
        var age = day.Year - birthday.Year - (day < birthday.AddYears(day.Year - birthday.Year) ? 1 : 0);
        return age >= 0 ? age : null;
    }

    /// <summary>The build's <c>version+revision</c>, split.</summary>
    private static string PlatformVersion(int part)
    {
        var informational = typeof(EventWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var parts = (informational ?? "unknown").Split('+', 2);
        return part < parts.Length ? parts[part] : "unknown";
    }
}
