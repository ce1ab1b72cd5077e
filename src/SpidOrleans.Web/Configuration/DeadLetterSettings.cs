namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>DeadLetters</c>.</summary>
/// <param name="Retention">After so long a dead letter goes for good, and the log says how many did.</param>
/// <param name="MaxPerProject">While a project has more, what Mixpanel refuses stays in the outbox and delivery slows down.</param>
public sealed record DeadLetterSettings(TimeSpan Retention, int MaxPerProject)
{
    internal static DeadLetterSettings Read(SectionReader section)
    {
        var retention = section.Duration("Retention", TimeSpan.FromDays(90), TimeSpan.FromHours(1), TimeSpan.FromDays(3_650));
        var max = (int)section.Number("MaxPerProject", 100_000, 1, 10_000_000);
        section.RefuseUnknown();
        return new DeadLetterSettings(retention, max);
    }
}
