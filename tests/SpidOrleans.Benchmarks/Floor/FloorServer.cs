using System.Net;
using System.Runtime.InteropServices;
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
    /// <param name="database">SQLite's file, PostgreSQL's connection string.</param>
    public static async Task<int> RunAsync(int port, FloorKind kind, string database)
    {
        await using var floor = await OpenAsync(kind, database);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var server = builder.Build();
        server.Run(context => InsertAsync(context, floor));
        await server.StartAsync();
        await ChildLife.UntilParentIsGoneAsync();
        return 0;
    }

    private static async Task<IFloor> OpenAsync(FloorKind kind, string database) => kind switch
    {
        FloorKind.Stock => new StockSqliteFloor(database),
        FloorKind.Naive => new NaivePostgresFloor(await PostgresTable.OpenAsync(database)),
        FloorKind.Group => new GroupPostgresFloor(await PostgresTable.OpenAsync(database)),
        _ => new TunedSqliteFloor(database, kind),
    };

    private static async Task InsertAsync(HttpContext context, IFloor floor)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        FloorEvent[] events = [.. body.RootElement.GetProperty("events").EnumerateArray().Select(Read)];
        await floor.InsertAsync(events);

        var answer = Encoding.UTF8.GetBytes($$"""{"accepted":{{events.Length}}}""");
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private static FloorEvent Read(JsonElement one) => new(
        one.GetProperty("visitorId").GetString()!, one.GetProperty("event").GetString()!,
        TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Guid.NewGuid().ToString(),
        JsonMarshal.GetRawUtf8Value(one.GetProperty("properties")).ToArray());
}
