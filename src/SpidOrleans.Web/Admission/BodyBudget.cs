using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Admission;

/// <summary>
/// Bounds what the bodies of all requests in flight hold together: each is small, many of them at once are not. Whoever has proved no
/// client shares a half of it, and one address a small part of that: so nobody's upload keeps the clients' own out.
/// </summary>
public sealed class BodyBudget(long bytesMax)
{
    /// <summary>Room for 25 bodies of the default <c>Limits:RequestBytes</c>, or for some 100,000 of usual requests.</summary>
    public const long BytesMaxDefault = 256L << 20;

    /// <summary>Of the whole: one of the largest bodies by default.</summary>
    private const int PartOfOneAddress = 16;

    private readonly long _bytesMax = bytesMax;
    private readonly long[] _ofAddresses = new long[CallerAddress.SlotsMax];
    private long _bytes;
    private long _unproven;

    /// <summary>What is held now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The part of one request, given back when its answer is complete: until then its events hold the body.</summary>
    /// <param name="isProven">The request's credentials are a client's.</param>
    public Share Open(HttpContext context, bool isProven)
    {
        var share = new Share(this, isProven ? null : CallerAddress.SlotOf(context.Connection.RemoteIpAddress));
        context.Response.RegisterForDispose(share);
        return share;
    }

    /// <param name="slot">Of the address; null: it does not matter where a proven client sends from.</param>
    public sealed class Share(BodyBudget budget, int? slot) : IDisposable
    {
        private long _bytes;

        /// <summary>False when the host holds too much already; nothing is taken then.</summary>
        public bool TryGrowTo(long bytes)
        {
            var more = bytes - _bytes;
            if (!budget.TryTake(more, slot)) return false;
            _bytes = bytes;
            return true;
        }

        public void Dispose() => budget.Give(Interlocked.Exchange(ref _bytes, 0), slot);
    }

    private bool TryTake(long bytes, int? slot)
    {
        var fits = Interlocked.Add(ref _bytes, bytes) <= _bytesMax;
        if (slot is { } index)
        {
            fits &= Interlocked.Add(ref _unproven, bytes) <= _bytesMax / 2;
            fits &= Interlocked.Add(ref _ofAddresses[index], bytes) <= _bytesMax / PartOfOneAddress;
        }

        if (!fits) Give(bytes, slot);
        return fits;
    }

    private void Give(long bytes, int? slot)
    {
        Interlocked.Add(ref _bytes, -bytes);
        if (slot is not { } index) return;
        Interlocked.Add(ref _unproven, -bytes);
        Interlocked.Add(ref _ofAddresses[index], -bytes);
    }
}
