using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SpidOrleans.Web.Documentation;

/// <summary>Bounds of properties that a C# type does not tell and that the readers in <c>Reading/</c> enforce.</summary>
internal sealed class BodyBounds : IOpenApiSchemaTransformer
{
    private const int EventsMax = 2_000;

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        switch (context.JsonPropertyInfo?.Name)
        {
            case "visitorId":
                schema.Format = "uuid";
                break;
            case "gender":
                schema.Enum = ["male", "female", "undisclosed", "withheld"];
                if (schema.Type?.HasFlag(JsonSchemaType.Null) == true) schema.Enum.Add(JsonNullSentinel.JsonNull);
                break;
            case "events" when schema.Type?.HasFlag(JsonSchemaType.Array) == true:
                (schema.MinItems, schema.MaxItems) = (1, EventsMax);
                break;
        }

        return Task.CompletedTask;
    }
}
