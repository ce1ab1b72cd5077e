using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Admission;

/// <summary>Bounds what the bodies of all requests in flight hold together: each is small, many of them at once are not.</summary>
public sealed class BodyBudget(long bytesMax)
{
    /// <summary>Room for 25 bodies of the default <c>Limits:RequestBytes</c>, or for some 100,000 of usual requests.</summary>
    public const long BytesMaxDefault = 256L << 20;

    private readonly long _bytesMax = bytesMax;
    private long _bytes;

    /// <summary>What is held now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The part of one request, given back when its answer is complete: until then its events hold the body.</summary>
    public Share Open(HttpContext context)
    {
        var share = new Share(this);
        context.Response.RegisterForDispose(share);
        return share;
    }

    public sealed class Share(BodyBudget budget) : IDisposable
    {
        private long _bytes;

        /// <summary>False when the host holds too much already; nothing is taken then.</summary>
        public bool TryGrowTo(long bytes)
        {
            var more = bytes - _bytes;
            if (Interlocked.Add(ref budget._bytes, more) > budget._bytesMax)
            {
                Interlocked.Add(ref budget._bytes, -more);
                return false;
            }

            _bytes = bytes;
            return true;
        }

        public void Dispose() => Interlocked.Add(ref budget._bytes, -Interlocked.Exchange(ref _bytes, 0));
    }
}
