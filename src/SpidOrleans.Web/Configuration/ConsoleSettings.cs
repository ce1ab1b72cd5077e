using System.Security.Cryptography;
using System.Text;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Console</c>: who may see what is for operators.</summary>
/// <param name="PasswordHash">SHA-256 of <c>Console:Password</c>; null: there is none, and only this machine may.</param>
public sealed record ConsoleSettings(byte[]? PasswordHash)
{
    public override string ToString() => PasswordHash is null ? "this machine" : "whoever knows the password";

    internal static ConsoleSettings Read(SectionReader section)
    {
        var password = section.Text("Password", "up to 1,000 characters");
        section.RefuseUnknown();
        return new ConsoleSettings(password is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(password)));
    }
}
