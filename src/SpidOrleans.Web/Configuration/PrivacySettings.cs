namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Privacy</c>. All are off by default: they change what a site measures, which is the operator's to decide.</summary>
/// <param name="HonourGlobalPrivacyControl">Events of a browser that sends <c>Sec-GPC: 1</c> are answered and not taken.</param>
/// <param name="HonourDoNotTrack">The same for <c>DNT: 1</c>.</param>
/// <param name="TruncateIp">Addresses lose their last 8 bits (IPv4) or 80 (IPv6) before anything is stored.</param>
/// <param name="HoldsUndecided"><c>Consent=Undecided</c>: events of whoever has not decided are held until they have.</param>
/// <param name="HeldRetention">How long; then they go for good.</param>
public sealed record PrivacySettings(
    bool HonourGlobalPrivacyControl, bool HonourDoNotTrack, bool TruncateIp, bool HoldsUndecided, TimeSpan HeldRetention)
{
    private const string Undecided = "Undecided";
    private const string Granted = "Granted";

    internal static PrivacySettings Read(SectionReader section)
    {
        var consent = section.Text("Consent", $"what holds of whoever has not decided: '{Granted}' or '{Undecided}'", accepts: text =>
            text.Equals(Granted, StringComparison.OrdinalIgnoreCase) || text.Equals(Undecided, StringComparison.OrdinalIgnoreCase));
        var settings = new PrivacySettings(
            section.Flag("HonourGlobalPrivacyControl"), section.Flag("HonourDoNotTrack"), section.Flag("TruncateIp"),
            string.Equals(consent, Undecided, StringComparison.OrdinalIgnoreCase),
            section.Duration("HeldRetention", TimeSpan.FromDays(7), TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)));
        section.RefuseUnknown();
        return settings;
    }
}
