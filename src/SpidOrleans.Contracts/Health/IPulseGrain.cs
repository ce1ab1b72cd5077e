namespace SpidOrleans.Contracts.Health;

/// <summary>A sign of life of the silo that a client is connected to. Keys mean nothing.</summary>
[Alias("spid.pulse")]
public interface IPulseGrain : IGrainWithIntegerKey
{
    /// <summary>Asks the silo's database for a sign of life; it bounds the wait.</summary>
    /// <returns>False when the database is away.</returns>
    [Alias("IsServing")]
    Task<bool> IsServingAsync();
}
