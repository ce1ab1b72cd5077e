using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>Turns what was thrown into an answer, outermost of all.</summary>
/// <remarks>What the cluster throws is logged by its type alone: messages of Orleans name the grain, and so the person.</remarks>
internal sealed partial class FailureAnswers(RequestDelegate next, SpidSettings settings, Refusals refusals, ILogger<FailureAnswers> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsAbort(context, exception))
        {
            // Nobody is there to read an answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var problem = ToProblem(context, exception);
            if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            {
                refusals.Count(RefusalReason.Unavailable, context.Features.Get<Client>()?.Id ?? Refusals.Nobody);
                LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            }
            else if (problem.Status == StatusCodes.Status500InternalServerError) LogFailed(logger, exception);
            await problem.ExecuteAsync(context);
        }
    }

    private static bool IsAbort(HttpContext context, Exception exception) =>
        exception is ConnectionResetException
        || (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException);

    private Problem ToProblem(HttpContext context, Exception exception) => exception switch
    {
        ClusterUnavailableException or TimeoutException or OperationCanceledException => Problem.Unavailable(),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
            when context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { MaxRequestBodySize: { } bytes } => Problem.TooLarge(string.Create(
                CultureInfo.InvariantCulture, $"The body is larger than {bytes:N0} bytes{(bytes == settings.Limits.RequestBytes ? " (Limits:RequestBytes)" : "")}.")),
        BadHttpRequestException bad => Problem.Of(bad.StatusCode),
        _ => Problem.Of(StatusCodes.Status500InternalServerError),
    };

    [LoggerMessage(EventId = 4001, Level = LogLevel.Warning, Message = "The cluster did not answer ({Reason}); the caller is told to try again")]
    private static partial void LogUnavailable(ILogger logger, string reason);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "A request failed for a reason that nobody foresaw")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
