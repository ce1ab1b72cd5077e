using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Polly;
using Polly.Timeout;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.Mixpanel.Delivery;

public static class MixpanelRegistration
{
    /// <summary>The client, and the preview that takes what is sent to <see cref="MixpanelProject.PreviewEndpoint"/>.</summary>
    public static IServiceCollection AddMixpanel(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PreviewProject>();
        services.TryAddSingleton<MixpanelClient>();
        services.TryAddSingleton<MixpanelDeletions>();

        var client = services.AddHttpClient(MixpanelClient.HttpClientName, http =>
        {
            // The pipeline's time-out rules, and says so; a second one here would race it.
            http.Timeout = Timeout.InfiniteTimeSpan;
            http.DefaultRequestHeaders.UserAgent.ParseAdd("SpidOrleans");
        });
        client.ConfigurePrimaryHttpMessageHandler(provider => new MixpanelTransport(provider.GetRequiredService<PreviewProject>()));
        // The transport renews its connections itself; the factory's own renewal would drop the warm ones every two minutes.
        client.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        // The factory's loggers can be told to write headers, and one of these is the credentials.
        client.RemoveAllLoggers();
        // No retry here: the emitter's loop is the retry, with nothing held in memory between two attempts.
        client.AddResilienceHandler("attempt", (pipeline, context) =>
        {
            pipeline.TimeProvider = context.ServiceProvider.GetRequiredService<TimeProvider>();
            pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = MixpanelClient.AttemptTimeout });
        });
        client.AddHttpMessageHandler(() => new WholeAnswerHandler());
        return services;
    }
}
