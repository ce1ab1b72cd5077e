namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>mixpanel-browser as published at npm.</summary>
internal static class MixpanelJs
{
    public const string Version = "2.82.1";

    /// <summary>Where the pages of <see cref="NewsDomain"/> find it.</summary>
    public const string Path = "mixpanel.js";

    public static NpmPackage Package { get; } = new("mixpanel-browser", Version, "package/dist/mixpanel.umd.js");
}
