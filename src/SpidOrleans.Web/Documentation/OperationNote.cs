using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Documentation;

/// <summary>What OpenAPI says of an endpoint. ASP.NET's own metadata would make routing check content types a second time.</summary>
internal sealed record OperationNote(
    string Id, string Summary, string Description, Type? Body, Type? Answer, string? AnswerType, int AnswerStatus, IReadOnlyList<int> Refusals)
{
    public bool IsBodyRequired { get; init; } = true;

    public string BodyType { get; init; } = "application/json";

    /// <summary>Refusals that are no problem details: their body and their statuses.</summary>
    public (Type Body, IReadOnlyList<int> Statuses)? OwnRefusals { get; init; }

    public IReadOnlyList<QueryNote> Query { get; init; } = [];
}

internal sealed record QueryNote(string Name, bool IsRequired, string Description);

internal static class OperationNotes
{
    public static TBuilder Describe<TBuilder>(
        this TBuilder endpoint, string id, string summary, string description, Type? body = null, Type? answer = null,
        int answerStatus = StatusCodes.Status200OK, IReadOnlyList<int>? refusals = null, string? answerType = "application/json",
        IReadOnlyList<QueryNote>? query = null, bool isBodyRequired = true, string bodyType = "application/json",
        (Type Body, IReadOnlyList<int> Statuses)? ownRefusals = null)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OperationNote(id, summary, description, body, answer, answerType, answerStatus, refusals ?? [])
        {
            Query = query ?? [],
            IsBodyRequired = isBodyRequired,
            BodyType = bodyType,
            OwnRefusals = ownRefusals,
        });
}
