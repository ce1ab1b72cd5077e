namespace SpidOrleans.Web.Operators;

/// <summary>Addresses within the console; whatever they carry is encoded.</summary>
internal static class Links
{
    public static string Find(string? text) => $"{ConsoleApi.Root}/find?q={Uri.EscapeDataString(text ?? "")}";

    public static string Letter(string project, long id) => $"{ConsoleApi.Root}/dead-letters/{Uri.EscapeDataString(project)}/{id}";

    public static string Erase(string identity) => $"{ConsoleApi.Root}/erase?id={Uri.EscapeDataString(identity)}";
}
