using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SpidOrleans.Web.Operators;

/// <summary>Wrong passwords by caller. Whoever sent too many waits, and the right one is not looked at either: what answers faster
/// would tell.</summary>
internal sealed class WrongGuesses(TimeProvider clock)
{
    /// <summary>By one caller within <see cref="Window"/>; an operator mistypes fewer, a program guesses no password by them.</summary>
    public const int Max = 20;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Callers known apart; beyond it all others count as one.</summary>
    private const int CallersMax = 4_096;

    private readonly ConcurrentDictionary<IPAddress, (long Since, int Count)> _callers = new();

    public bool AreTooMany(IPAddress? caller) =>
        _callers.TryGetValue(KeyOf(caller), out var guesses) && guesses.Count >= Max && !IsOver(guesses.Since);

    public void Count(IPAddress? caller)
    {
        if (_callers.Count >= CallersMax)
        {
            foreach (var (address, guesses) in _callers)
            {
                if (IsOver(guesses.Since)) _callers.TryRemove(address, out _);
            }
        }

        _callers.AddOrUpdate(
            KeyOf(caller), _ => (clock.GetTimestamp(), 1), (_, before) => IsOver(before.Since) ? (clock.GetTimestamp(), 1) : (before.Since, before.Count + 1));
    }

    private bool IsOver(long since) => clock.GetElapsedTime(since) >= Window;

    /// <summary>Of IPv6 a customer has a whole network of 64 bits.</summary>
    private IPAddress KeyOf(IPAddress? caller)
    {
        var address = caller ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6) address = new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]);
        return _callers.Count < CallersMax || _callers.ContainsKey(address) ? address : IPAddress.None;
    }
}
