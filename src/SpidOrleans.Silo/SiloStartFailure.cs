using SpidOrleans.Storage;
using SpidOrleans.Web.Hosting;

namespace SpidOrleans.Silo;

/// <summary>Why a silo did not start: as every host, and its storage besides.</summary>
internal static class SiloStartFailure
{
    /// <inheritdoc cref="StartFailure.Of"/>
    public static StartFailure? Of(Exception exception) => exception switch
    {
        ShardsChangedException => new("configuration: " + exception.Message.ReplaceLineEndings("\nconfiguration: "), 2),
        StorageUnavailableException => StartFailure.OfStorage(exception),
        _ => StartFailure.Of(exception),
    };
}
