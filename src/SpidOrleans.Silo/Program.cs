using SpidOrleans.Cluster;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Silo;
using SpidOrleans.Storage.Sqlite;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;

try
{
    var builder = WebApplication.CreateBuilder(args).AddDefaults();
    var settings = SpidSettings.Read(builder.Configuration);
    builder.ConfigureHosting(settings);

    // Started in this order and stopped in reverse: requests end first, then the grains, then the outbox.
    builder.Services.AddSqliteStorage(storage => storage.ConnectionString = settings.Storage.ConnectionString);
    builder.Services.AddMixpanel();
    builder.Services.AddProjects(settings).AddSpidOutbox();
    builder.UseOrleans(silo => silo.UseSingleSilo(settings.Silo).AddSqliteGrainStorage().AddSpidStreams());
    builder.Services.AddSpidEmission();
    builder.Services.AddSpidWeb(settings);

    await using var app = builder.Build();
    await app.InitializeAsync();
    await app.UseDraining().MapSpidWeb().RunAsync();
    return 0;
}
catch (OperationCanceledException)
{
    // Asked to stop before it had started.
    return 0;
}
catch (Exception exception) when (StartFailure.Of(exception) is { } failure)
{
    await Console.Error.WriteLineAsync(failure.Text);
    return failure.ExitCode;
}
