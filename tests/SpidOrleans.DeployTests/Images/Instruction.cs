namespace SpidOrleans.DeployTests.Images;

/// <summary>One instruction of a Dockerfile.</summary>
/// <param name="Keyword">In capitals.</param>
internal sealed record Instruction(string Keyword, string Arguments)
{
    /// <summary>The JSON form (<c>["dotnet", …]</c>) as a list.</summary>
    public string[] Exec => System.Text.Json.JsonSerializer.Deserialize<string[]>(Arguments)!;

    public string[] Words => Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
