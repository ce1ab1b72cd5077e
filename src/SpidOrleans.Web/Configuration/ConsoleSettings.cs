using System.Security.Cryptography;
using System.Text;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Console</c>: who may see what is for operators.</summary>
/// <param name="PasswordHash">SHA-256 of <c>Console:Password</c>; null: there is none, and only this machine may.</param>
/// <param name="JournalEvents">Events whose way a silo remembers, in about 100 bytes of memory each; 0: none.</param>
/// <param name="JournalEventsPerSecond">More are counted and not remembered one by one.</param>
/// <param name="Dashboard">Whether Orleans' dashboard is served, which looks into every grain call; null: with the demo client only.</param>
public sealed record ConsoleSettings(byte[]? PasswordHash, int JournalEvents, int JournalEventsPerSecond, bool? Dashboard)
{
    public override string ToString() => PasswordHash is null ? "this machine" : "whoever knows the password";

    internal static ConsoleSettings Read(SectionReader section)
    {
        var password = section.Text("Password", "up to 1,000 characters");
        var journalEvents = (int)section.Number("JournalEvents", 250_000, 0, 10_000_000);
        var journalEventsPerSecond = (int)section.Number("JournalEventsPerSecond", 10_000, 1, 1_000_000);
        var isDashboardNamed = section.HasValue("Dashboard");
        var isDashboardShown = section.Flag("Dashboard");
        section.RefuseUnknown();
        return new ConsoleSettings(password is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(password)), journalEvents, journalEventsPerSecond, isDashboardNamed ? isDashboardShown : null);
    }
}
