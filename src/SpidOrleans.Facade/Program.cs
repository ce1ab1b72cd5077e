using Orleans.Messaging;
using SpidOrleans.Facade;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Health;
using SpidOrleans.Web.Hosting;
using SpidOrleans.Web.Telemetry;

const string DefaultUrl = "http://localhost:5001";

if (args.Contains(HealthProbe.Argument)) return await HealthProbe.RunAsync(args, DefaultUrl);

return await HostStart.RunAsync(FacadeStartFailure.Of, async start =>
{
    var builder = WebApplication.CreateBuilder([.. args, Tuning.ReadConfigurationOnce]).AddDefaults(DefaultUrl);
    var settings = SpidSettings.Read(builder.Configuration);
    builder.ConfigureHosting();
    var export = builder.AddTelemetry("spidorleans-facade");
    start.Quieten(builder.Services);

    // Stopped in reverse: requests end first, then the connection that they need.
    builder.AddCluster(settings, export);
    builder.Services.AddSpidFacade(settings);

    await using var app = builder.Build();
    app.Lifetime.ApplicationStarted.Register(start.End);
    // A connection string that is none is told now, rather than when the background comes to it.
    app.Services.GetRequiredService<IGatewayListProvider>();
    await ((IHost)app.UseDraining().MapSpidFacade()).RunAsync(start.Interruption);
});
