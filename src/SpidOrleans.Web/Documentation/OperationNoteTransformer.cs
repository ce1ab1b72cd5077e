using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Documentation;

/// <summary>Writes an endpoint's <see cref="OperationNote"/> into its OpenAPI operation.</summary>
internal sealed class OperationNoteTransformer : IOpenApiOperationTransformer
{
    public async Task TransformAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<OperationNote>().FirstOrDefault() is not { } note) return;

        operation.OperationId = note.Id;
        operation.Summary = note.Summary;
        operation.Description = note.Description;
        operation.RequestBody = note.Body is null ? null : new OpenApiRequestBody
        {
            Required = note.IsBodyRequired,
            Content = await ContentAsync(note.BodyType, note.Body),
        };
        operation.Responses = new OpenApiResponses
        {
            [Status(note.AnswerStatus)] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(note.AnswerStatus),
                Content = note.AnswerType is null ? null : await ContentAsync(note.AnswerType, note.Answer ?? typeof(string)),
            },
        };
        // Scripts say it under status 200.
        var isLimited = metadata.Any(one => one is IAuthorizeData or EnableRateLimitingAttribute) && note.AnswerType != "text/javascript";
        foreach (var refusal in isLimited ? note.Refusals.Append(StatusCodes.Status429TooManyRequests).Distinct() : note.Refusals)
        {
            operation.Responses[Status(refusal)] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(refusal),
                Content = await ContentAsync(Problem.ContentType, typeof(ProblemBody)),
                Headers = refusal is 429 or 503 ? RetryAfter() : null,
            };
        }

        if (note.OwnRefusals is { } own)
        {
            foreach (var status in own.Statuses)
            {
                operation.Responses[Status(status)] = new OpenApiResponse
                {
                    Description = ReasonPhrases.GetReasonPhrase(status),
                    Content = await ContentAsync("application/json", own.Body),
                };
            }
        }

        operation.Parameters = [.. PathParameters(context.Description.RelativePath ?? ""), .. note.Query.Select(Parameter)];
        if (metadata.OfType<IAuthorizeData>().Any())
            operation.Security = [Requires(BasicAuthentication.Name), Requires(BearerAuthentication.Name)];

        // One of them suffices.
        OpenApiSecurityRequirement Requires(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

        async Task<Dictionary<string, OpenApiMediaType>> ContentAsync(string contentType, Type type) => new()
        {
            [contentType] = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken) },
        };
    }

    private static string Status(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, IOpenApiHeader> RetryAfter() => new()
    {
        ["Retry-After"] = new OpenApiHeader
        {
            Description = "Seconds to wait before sending the same again.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
        },
    };

    private static IEnumerable<IOpenApiParameter> PathParameters(string path)
    {
        foreach (var segment in path.Split('/'))
        {
            if (!segment.StartsWith('{')) continue;
            var name = segment.Trim('{', '}');
            yield return new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = name == "visitorId" ? "uuid" : null },
            };
        }
    }

    private static OpenApiParameter Parameter(QueryNote note) => new()
    {
        Name = note.Name,
        In = ParameterLocation.Query,
        Required = note.IsRequired,
        Description = note.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
