namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>account-sdk-browser as published at npm.</summary>
internal static class AccountSdk
{
    public static Task<string> ReadAsync(string version) => Package(version).ReadAsync();

    /// <inheritdoc cref="NpmPackage.RequireAsync"/>
    public static Task RequireAsync(string version) => Package(version).RequireAsync();

    private static NpmPackage Package(string version) => new("@schibsted/account-sdk-browser", version, "package/es5/global.min.js");
}
