namespace SpidOrleans.BrowserTests.Browsing;

/// <summary>The tests that share the browser run one after the other: two cores carry one Chromium well.</summary>
[CollectionDefinition(Name)]
public sealed class ChromiumTests : ICollectionFixture<ChromiumFixture>
{
    public const string Name = "chromium";
}
