using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Documentation;

/// <summary><c>/openapi/v1.json</c> and <c>/docs</c>.</summary>
internal static class ApiDocumentation
{
    // A number in quotes is refused here, so the schemas must not allow it as ASP.NET's defaults do.
    public static IServiceCollection AddApiDocumentation(this IServiceCollection services) => services.ConfigureHttpJsonOptions(
        json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict).AddOpenApi("v1", options =>
    {
        options.AddOperationTransformer<OperationNoteTransformer>();
        options.AddSchemaTransformer<BodyBounds>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            // HEAD repeats GET, and an operation id must be unique.
            foreach (var path in document.Paths.Values) path.Operations?.Remove(HttpMethod.Head);
            document.Info = new OpenApiInfo
            {
                Title = "SpidOrleans",
                Version = "v1",
                Description = "Visitors, sessions and events of a SPiD session cluster. Times are milliseconds since the Unix "
                    + "epoch; refusals are RFC 9457 problem details.",
            };
            // The address that the document was asked for, whatever it was, serves it.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [BasicAuthentication.Name] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "basic",
                    Description = "A client's id and secret.",
                },
                [BearerAuthentication.Name] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "JWT",
                    Description = "An access token of /oauth/token. One that is forged, expired or another server's is answered 401 with "
                        + "WWW-Authenticate: Bearer error=\"invalid_token\".",
                },
            };
            return Task.CompletedTask;
        });
    });

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi();
        routes.MapScalarApiReference("/docs", (options, context) =>
        {
            options.WithTitle("SpidOrleans").AddDocument("v1");
            // Everything from this host: fonts, telemetry, the agent and the proxy would all call home.
            options.DefaultFonts = false;
            options.Telemetry = false;
            options.DisableAgent();
            options.DisableMcp();
            var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
            options.WithNonce(nonce);
            SecurityHeaders.ForPage(context.Response.Headers, Policy(nonce));
        });
    }

    // The reference styles itself at run time, which no nonce covers.
    private static string Policy(string nonce) => SecurityHeaders.PagePolicy
        .Replace("script-src 'self'", $"script-src 'self' 'nonce-{nonce}'", StringComparison.Ordinal)
        .Replace("style-src 'self'", "style-src 'self' 'unsafe-inline'", StringComparison.Ordinal);
}
