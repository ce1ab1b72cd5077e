using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace SpidOrleans.Web.SignIn;

/// <summary>
/// ASP.NET's data protection with keys that every silo derives alike: what one protects, another opens, and nothing is written to
/// the machine's own key ring. AES-256-GCM; each message has a key and a nonce of its own, derived from 16 random bytes in front of
/// it, so that no number of messages wears a key out.
/// </summary>
internal sealed class ClusterDataProtection(SignInKeys keys) : IDataProtectionProvider
{
    public IDataProtector CreateProtector(string purpose) => new Protector(keys, Join("", purpose));

    /// <summary>No two lists of purposes join to the same text.</summary>
    private static string Join(string before, string purpose) => $"{before}{purpose.Length}:{purpose}";

    private sealed class Protector(SignInKeys keys, string purposes) : IDataProtector
    {
        private const int SaltBytes = 16;
        private const int KeyBytes = 32;
        private const int NonceBytes = 12;
        private const int TagBytes = 16;

        public IDataProtector CreateProtector(string purpose) => new Protector(keys, Join(purposes, purpose));

        public byte[] Protect(byte[] plaintext)
        {
            var message = new byte[SaltBytes + TagBytes + plaintext.Length];
            var salt = message.AsSpan(0, SaltBytes);
            RandomNumberGenerator.Fill(salt);
            var (key, nonce) = Derive(salt);
            using var aes = new AesGcm(key, TagBytes);
            aes.Encrypt(nonce, plaintext, message.AsSpan(SaltBytes + TagBytes), message.AsSpan(SaltBytes, TagBytes));
            return message;
        }

        public byte[] Unprotect(byte[] protectedData)
        {
            if (protectedData.Length < SaltBytes + TagBytes) throw new CryptographicException("too short to be a protected message");
            var plaintext = new byte[protectedData.Length - SaltBytes - TagBytes];
            var (key, nonce) = Derive(protectedData.AsSpan(0, SaltBytes));
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(nonce, protectedData.AsSpan(SaltBytes + TagBytes), protectedData.AsSpan(SaltBytes, TagBytes), plaintext);
            return plaintext;
        }

        private (byte[] Key, byte[] Nonce) Derive(ReadOnlySpan<byte> salt)
        {
            var both = new byte[KeyBytes + NonceBytes];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, keys.Derive("data protection"), both, salt, Encoding.UTF8.GetBytes(purposes));
            return (both[..KeyBytes], both[KeyBytes..]);
        }
    }
}
