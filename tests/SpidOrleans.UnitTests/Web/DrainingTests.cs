using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Hosting;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>What requests meet between the signal to stop and the closing of the port.</summary>
public sealed class DrainingTests
{
    [Theory]
    [InlineData("GET", "502", HttpStatusCode.BadGateway)]
    [InlineData("HEAD", "502", HttpStatusCode.BadGateway)]
    [InlineData("POST", "502", HttpStatusCode.OK)]
    [InlineData("PUT", "502", HttpStatusCode.OK)]
    [InlineData("GET", null, HttpStatusCode.OK)]
    [InlineData("GET", "503", HttpStatusCode.OK)]
    public async Task WhileAHostDrains_WhatOnlyReadsGoesElsewhere_IfTheBalancerTakesItThere(string method, string? status, HttpStatusCode expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.UseDraining();
        app.Run(context => context.Response.CompleteAsync());
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var before = await SendAsync();
        app.Lifetime.StopApplication();
        using var draining = await SendAsync();

        Assert.Equal((HttpStatusCode.OK, null), (before.StatusCode, before.Headers.ConnectionClose));
        Assert.Equal((expected, true), (draining.StatusCode, draining.Headers.ConnectionClose));

        async Task<HttpResponseMessage> SendAsync()
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/");
            if (status is not null) request.Headers.Add("X-Draining-Status", status);
            return await http.SendAsync(request);
        }
    }
}
