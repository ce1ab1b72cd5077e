using System.Security.Cryptography;
using System.Text;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Whose a record claims to be, by Mixpanel's Simplified ID Merge: <c>$user_id</c>, else <c>distinct_id</c>, else a device. Pure.</summary>
/// <param name="IsDevice">Only a device is named, by an id that Mixpanel's client has made up.</param>
/// <param name="IsUnfit">An id is named that nobody can have.</param>
internal readonly record struct Claim(VisitorId? Visitor, UserId? User, bool IsDevice, bool IsUnfit)
{
    private const string DevicePrefix = "$device:";

    /// <param name="project">Devices of different projects are different ones.</param>
    public static Claim Of(SentIds ids, string project)
    {
        var device = ids.Device;
        var named = ids.User;
        if (ids.Distinct is { } distinct)
        {
            if (distinct.StartsWith(DevicePrefix, StringComparison.Ordinal)) device ??= distinct[DevicePrefix.Length..];
            // Before identify() older clients send the device's id under both names.
            else if (named is null && distinct != device) named = distinct;
        }

        // SPiD has its sites call identify(visitorId): whatever looks like a visitor's id is one, wherever it stands.
        if (named is not null)
        {
            return VisitorId.TryParse(named, out var visitor) ? new Claim(visitor, null, false, false)
                : UserId.TryParse(named, out var user) ? new Claim(null, user, false, false)
                : new Claim(null, null, false, IsUnfit: true);
        }

        if (string.IsNullOrEmpty(device)) return default;
        return new Claim(VisitorId.TryParse(device, out var own) ? own : Derive(project, device), null, IsDevice: true, false);
    }

    /// <summary>Always the same visitor for the same device: ids of other shapes come from other clients, or from old ones.</summary>
    private static VisitorId Derive(string project, string device)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"spid.device:{project}/{device}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return VisitorId.TryParse(new Guid(hash[..16], bigEndian: true).ToString(), out var id) ? id : throw new InvalidOperationException("a UUID of version 4 is a visitor's id");
    }
}
