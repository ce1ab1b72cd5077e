using SpidOrleans.Facade;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Hosting;

return await HostStart.RunAsync(StartFailure.Of, async start =>
{
    var builder = WebApplication.CreateBuilder([.. args, Tuning.ReadConfigurationOnce]).AddDefaults(url: "http://localhost:5001");
    var settings = SpidSettings.Read(builder.Configuration);
    builder.ConfigureHosting();
    start.Quieten(builder.Services);

    // Stopped in reverse: requests end first, then the connection that they need.
    builder.AddCluster(settings);
    builder.Services.AddSpidFacade(settings);

    await using var app = builder.Build();
    app.Lifetime.ApplicationStarted.Register(start.End);
    await ((IHost)app.UseDraining().MapSpidFacade()).RunAsync(start.Interruption);
});
