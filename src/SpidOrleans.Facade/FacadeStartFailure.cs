using SpidOrleans.Storage;
using SpidOrleans.Web.Hosting;

namespace SpidOrleans.Facade;

/// <summary>Why a facade did not start: as every host, and a connection string that is none.</summary>
internal static class FacadeStartFailure
{
    /// <inheritdoc cref="StartFailure.Of"/>
    public static StartFailure? Of(Exception exception) =>
        exception is StorageUnavailableException ? StartFailure.OfStorage(exception) : StartFailure.Of(exception);
}
