using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Ingestion;

/// <summary>A record that was refused, by its place in the request.</summary>
/// <param name="InsertId">As it was sent; empty: none.</param>
internal readonly record struct FailedRecord(int Index, string InsertId, RecordFault Fault);

/// <summary>What became of a request, whatever form its answer takes.</summary>
internal sealed record IngestionOutcome
{
    /// <summary>200 also where records were refused: that is for the body to say.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Records taken, resends and those that mean nothing here included.</summary>
    public int Accepted { get; init; }

    /// <summary>What is wrong with the request as a whole: nothing of it was taken, unless the status says that this is not known.</summary>
    public string? Error { get; init; }

    public IReadOnlyList<FailedRecord> Failed { get; init; } = [];

    public int? RetryAfterSeconds { get; init; }

    public static IngestionOutcome Refused(string error, int status = StatusCodes.Status200OK) => new() { Status = status, Error = error };

    public static IngestionOutcome Of(Problem problem) => new()
    {
        Status = problem.Status,
        Error = problem.Detail,
        RetryAfterSeconds = problem.RetryAfterSeconds,
    };

    /// <param name="accepted">If all is well.</param>
    public static IngestionOutcome Of(TrackOutcome outcome, int accepted, IReadOnlyList<FailedRecord> failed) =>
        Intake.TrackAnswers.ToRefusal(outcome) is { } refusal ? Of(refusal) : new IngestionOutcome { Accepted = accepted, Failed = failed };
}
