using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>PostgreSQL's failures in an operator's words, without what a message might quote.</summary>
internal static class PostgreSqlFailure
{
    /// <summary>A sentence's end: what the database does or is.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            "refuses the user or its password",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => "does not exist on that server",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => "denies the user a right that it needs",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => "has no connection left",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "cannot grow: the disk is full",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => "is read-only: it is a standby, or set so",
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } =>
            "is starting or stopping",
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => "did not answer in time",
        PostgresException postgres => $"reports error {postgres.SqlState}",
        _ when IsTimeout(exception) => "did not answer in time",
        NpgsqlException { InnerException: System.Net.Sockets.SocketException socket } => $"cannot be reached ({socket.SocketErrorCode})",
        _ => "broke the connection",
    };

    /// <summary>The database's doing, not a fault of ours: worth trying again later.</summary>
    public static bool IsFailure(Exception exception) =>
        exception is NpgsqlException or TimeoutException or OperationCanceledException or IOException or System.Net.Sockets.SocketException;

    /// <summary>Nothing was committed and the same may be tried again at once.</summary>
    public static bool IsCollision(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    private static bool IsTimeout(Exception exception) =>
        exception is TimeoutException or OperationCanceledException || exception.InnerException is TimeoutException;
}
