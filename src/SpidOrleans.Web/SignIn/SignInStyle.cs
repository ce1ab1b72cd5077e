using System.Security.Cryptography;
using System.Text;

namespace SpidOrleans.Web.SignIn;

/// <summary>The pages' style, which stands in them: the policy allows exactly this one.</summary>
internal static class SignInStyle
{
    public const string Text = """

        :root { color-scheme: light dark; --ground: #f4f5f2; --card: #fff; --line: #dfe3dc; --text: #1c2420; --soft: #59645e; --accent: #0b6b53; --on-accent: #fff; --bad: #a3341f; }
        @media (prefers-color-scheme: dark) { :root { --ground: #121614; --card: #1b211e; --line: #303a35; --text: #e8edea; --soft: #a3b0a9; --accent: #56c7a5; --on-accent: #06251c; --bad: #ff9c86; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
        main { max-width: 26rem; margin: 10vh auto 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.5rem; overflow-wrap: anywhere; }
        h1 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 0.75rem; }
        p { margin: 0 0 1rem; }
        .soft { color: var(--soft); font-size: 0.9rem; }
        .bad { color: var(--bad); }
        label { display: block; margin-bottom: 0.9rem; }
        input { display: block; width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 8px; padding: 0.5rem 0.7rem; margin-top: 0.2rem; }
        button { font: inherit; font-weight: 600; background: var(--accent); color: var(--on-accent); border: 0; border-radius: 8px; padding: 0.55rem 1.2rem; cursor: pointer; }
        a { color: var(--accent); }
        .row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.25rem; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

        """;

    /// <summary>As a Content-Security-Policy names it.</summary>
    public static string Hash { get; } = "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
}
