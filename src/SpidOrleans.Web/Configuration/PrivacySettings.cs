namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Privacy</c>. All are off by default: they change what a site measures, which is the operator's to decide.</summary>
/// <param name="HonourGlobalPrivacyControl">Events of a browser that sends <c>Sec-GPC: 1</c> are answered and not taken.</param>
/// <param name="HonourDoNotTrack">The same for <c>DNT: 1</c>.</param>
/// <param name="TruncateIp">Addresses lose their last 8 bits (IPv4) or 80 (IPv6) before anything is stored.</param>
public sealed record PrivacySettings(bool HonourGlobalPrivacyControl, bool HonourDoNotTrack, bool TruncateIp)
{
    internal static PrivacySettings Read(SectionReader section)
    {
        var settings = new PrivacySettings(section.Flag("HonourGlobalPrivacyControl"), section.Flag("HonourDoNotTrack"), section.Flag("TruncateIp"));
        section.RefuseUnknown();
        return settings;
    }
}
