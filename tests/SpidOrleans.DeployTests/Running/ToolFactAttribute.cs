using System.Runtime.CompilerServices;
using Xunit;

namespace SpidOrleans.DeployTests.Running;

/// <summary>A test that needs programs of Debian's, and says which where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string skipUnless, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = Tools.ReasonOf(skipUnless);
        SkipUnless = skipUnless;
        SkipType = typeof(Tools);
    }
}

/// <summary>As <see cref="ToolFactAttribute"/>, once for each row of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(string skipUnless, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = Tools.ReasonOf(skipUnless);
        SkipUnless = skipUnless;
        SkipType = typeof(Tools);
    }
}
