using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Benchmarks.Running;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>What one would write by hand: the same request, parsed and inserted, and nothing more.</summary>
internal static class FloorServer
{
    public static async Task<int> RunAsync(int port, string file, FloorConnections connections)
    {
        using IFloorDatabase database = connections == FloorConnections.Stock
            ? new StockFloorDatabase(file)
            : new TunedFloorDatabase(file, connections);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var server = builder.Build();
        server.Run(context => InsertAsync(context, database));
        await server.StartAsync();
        await ChildLife.UntilParentIsGoneAsync();
        return 0;
    }

    private static async Task InsertAsync(HttpContext context, IFloorDatabase database)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var events = body.RootElement.GetProperty("events");
        foreach (var one in events.EnumerateArray())
        {
            await database.InsertAsync(
                one.GetProperty("visitorId").GetString()!, one.GetProperty("event").GetString()!, one.GetProperty("properties").GetRawText());
        }

        var answer = Encoding.UTF8.GetBytes($$"""{"accepted":{{events.GetArrayLength()}}}""");
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }
}
