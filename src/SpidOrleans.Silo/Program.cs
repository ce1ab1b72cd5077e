using SpidOrleans.Cluster;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Silo;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Health;
using SpidOrleans.Web.Hosting;
using SpidOrleans.Web.Telemetry;

if (args.Contains(HealthProbe.Argument)) return await HealthProbe.RunAsync(args);

return await HostStart.RunAsync(SiloStartFailure.Of, async start =>
{
    var builder = WebApplication.CreateBuilder([.. args, Tuning.ReadConfigurationOnce]).AddDefaults();
    var settings = SpidSettings.Read(builder.Configuration);
    builder.ConfigureHosting().ConfigureSilo(settings);
    var export = builder.AddTelemetry("spidorleans-silo");
    start.Quieten(builder.Services);

    // Started in this order and stopped in reverse: requests end first, then the grains, then the outbox.
    builder.Services.AddStorage(settings.Storage);
    builder.Services.AddMixpanel();
    builder.Services.AddProjects(settings).AddSpidOutbox();
    builder.UseOrleans(silo => silo.UseSpid(settings, export));
    builder.Services.AddSpidEmission();
    builder.Services.AddSpidWeb(settings);

    await using var app = builder.Build();
    app.Lifetime.ApplicationStarted.Register(start.End);
    await app.InitializeAsync(start.Interruption);
    await ((IHost)app.UseDraining().MapSpidWeb().MapDashboard(settings)).RunAsync(start.Interruption);
});
