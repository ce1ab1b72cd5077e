using SpidOrleans.Cluster;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Silo;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;

Tuning.Apply();
using var start = new HostStart();
try
{
    var builder = WebApplication.CreateBuilder([.. args, Tuning.ReadConfigurationOnce]).AddDefaults();
    var settings = SpidSettings.Read(builder.Configuration);
    builder.ConfigureHosting(settings);
    start.Quieten(builder.Services);

    // Started in this order and stopped in reverse: requests end first, then the grains, then the outbox.
    builder.Services.AddStorage(settings.Storage);
    builder.Services.AddMixpanel();
    builder.Services.AddProjects(settings).AddSpidOutbox();
    builder.UseOrleans(silo => silo.UseSpid(settings));
    builder.Services.AddSpidEmission();
    builder.Services.AddSpidWeb(settings);

    await using var app = builder.Build();
    app.Lifetime.ApplicationStarted.Register(start.End);
    await app.InitializeAsync(start.Interruption);
    await ((IHost)app.UseDraining().MapSpidWeb()).RunAsync(start.Interruption);
    return 0;
}
catch (Exception) when (start.WasInterrupted)
{
    // Asked to stop before it had started.
    return 0;
}
catch (Exception exception) when (StartFailure.Of(exception) is { } failure)
{
    await Console.Error.WriteLineAsync(failure.Text);
    return failure.ExitCode;
}
