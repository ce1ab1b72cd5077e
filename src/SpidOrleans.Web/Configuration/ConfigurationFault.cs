namespace SpidOrleans.Web.Configuration;

/// <summary>One thing wrong with the configuration, as the operator reads it.</summary>
/// <param name="Key">The full key, parts separated by <c>:</c>.</param>
/// <param name="Value">What is configured; null: nothing. Secrets are passed as <see cref="Hidden"/>.</param>
/// <param name="Expected">What would be right, without a full stop.</param>
public sealed record ConfigurationFault(string Key, string? Value, string Expected)
{
    /// <summary>Stands for a value that must not be shown.</summary>
    public const string Hidden = "***";

    public override string ToString() => Value is null
        ? $"configuration: {Key} is missing; expected {Expected}"
        : $"configuration: {Key} is '{OneLine(Value)}'; expected {Expected}";

    private static string OneLine(string value)
    {
        var line = string.Create(value.Length, value, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++) target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
        return line.Length <= 200 ? line : line[..200] + "…";
    }
}
