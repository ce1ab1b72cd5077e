using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.SignIn;

/// <summary>What a site asks of a flow, checked: everything a browser is sent back to is registered.</summary>
internal sealed partial record FlowRequest
{
    public const string ClientId = "client_id";
    public const string RedirectUri = "redirect_uri";
    public const string CancelRedirectUri = "cancel_redirect_uri";
    public const string StateName = "state";

    /// <summary>Of the site's <c>state</c> in UTF-8: it travels in URLs, also in the provider's, encrypted and encoded.</summary>
    private const int StateBytesMax = 1_000;

    private const int TrackingCharsMax = 255;

    private FlowRequest() { }

    public required FlowKind Kind { get; init; }

    public required Client Client { get; init; }

    /// <summary>Registered.</summary>
    public required string ReturnsTo { get; init; }

    /// <summary>Registered; null: a cancelled flow returns as a failed one.</summary>
    public string? CancelsTo { get; init; }

    /// <summary>The site's own; handed back as it came.</summary>
    public string? State { get; init; }

    public Tracking? Tracking { get; init; }

    [GeneratedRegex(@"\Asdrn:[a-z0-9.-]{1,64}:client:(?<id>[A-Za-z0-9_.-]{1,64})\z")]
    private static partial Regex Sdrn { get; }

    /// <param name="fault">What is wrong, for the site's developer; it repeats nothing that the request says.</param>
    public static bool TryRead(
        IQueryCollection query, FlowKind kind, ClientRegistry clients, [NotNullWhen(true)] out FlowRequest? flow, [NotNullWhen(false)] out string? fault)
    {
        flow = null;
        fault = Read(query, kind, clients, ref flow);
        return flow is not null && fault is null;
    }

    /// <summary>As <see cref="ToQuery"/> wrote it; checked again, since the registrations may have changed.</summary>
    public static bool TryParse(string? query, FlowKind kind, ClientRegistry clients, [NotNullWhen(true)] out FlowRequest? flow)
    {
        flow = null;
        return query is not null && TryRead(new QueryCollection(QueryHelpers.ParseQuery(query)), kind, clients, out flow, out _);
    }

    /// <summary>The way to the beginning of this flow.</summary>
    public string StartUrl => Kind.Path() + ToQuery();

    /// <summary>Where a flow that is done returns to.</summary>
    public string ReturnUrl => Append(ReturnsTo, (StateName, State));

    /// <summary>Where a flow that the person breaks off returns to.</summary>
    public string CancelUrl => CancelsTo is null
        ? Append(ReturnsTo, ("error", "access_denied"), (StateName, State))
        : Append(CancelsTo, ("spid_page", Page), (StateName, State));

    private string? Page => Kind switch
    {
        FlowKind.Login => "login",
        FlowKind.Signup => "signup",
        _ => null,
    };

    public string ToQuery()
    {
        var query = new QueryBuilder { { ClientId, Client.Id }, { RedirectUri, ReturnsTo } };
        Add(CancelRedirectUri, CancelsTo);
        Add(StateName, State);
        Add("tracking_ref", Tracking?.Ref);
        Add("tag", Tracking?.Tag);
        Add("flow", Tracking?.Flow);
        return query.ToString();

        void Add(string name, string? value)
        {
            if (value is not null) query.Add(name, value);
        }
    }

    private static string? Read(IQueryCollection query, FlowKind kind, ClientRegistry clients, ref FlowRequest? flow)
    {
        foreach (var name in new[] { ClientId, "client_sdrn", RedirectUri, CancelRedirectUri, StateName, "tracking_ref", "tag", "flow" })
        {
            if (query[name].Count > 1) return $"The parameter {name} comes twice.";
        }

        if ((Text(ClientId) ?? IdOf(Text("client_sdrn"))) is not { } id) return "The parameter client_id is missing.";
        if (clients.Find(id) is not { } client) return "The parameter client_id names no registered client.";

        // A site with one address need not name it.
        var returnsTo = Text(RedirectUri) ?? (client.RedirectUris.Count == 1 ? client.RedirectUris.Single() : null);
        if (returnsTo is null) return "The parameter redirect_uri is missing.";
        if (!clients.MayReturnTo(client, returnsTo)) return "The parameter redirect_uri is not one of the addresses that are registered for this client, character by character.";
        var cancelsTo = Text(CancelRedirectUri);
        if (cancelsTo is not null && !clients.MayReturnTo(client, cancelsTo))
            return "The parameter cancel_redirect_uri is not one of the addresses that are registered for this client, character by character.";

        var state = Text(StateName);
        if (state is not null && Encoding.UTF8.GetByteCount(state) > StateBytesMax) return $"The parameter state has more than {StateBytesMax} bytes.";
        var tracking = new Tracking
        {
            Ref = Text("tracking_ref"),
            Tag = Text("tag"),
            Flow = Text("flow") ?? (kind == FlowKind.Signup ? "signup" : null),
        };
        foreach (var (name, value) in new[] { ("tracking_ref", tracking.Ref), ("tag", tracking.Tag), ("flow", tracking.Flow) })
        {
            if (value is not null && (value.Length > TrackingCharsMax || value.Any(char.IsControl)))
                return $"The parameter {name} must be 1 to {TrackingCharsMax} characters without control characters.";
        }

        flow = new FlowRequest
        {
            Kind = kind,
            Client = client,
            ReturnsTo = returnsTo,
            CancelsTo = cancelsTo,
            State = state,
            Tracking = tracking == new Tracking() ? null : tracking,
        };
        return null;

        string? Text(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
    }

    private static string? IdOf(string? sdrn) => sdrn is not null && Sdrn.Match(sdrn) is { Success: true } match ? match.Groups["id"].Value : null;

    private static string Append(string url, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = new StringBuilder(url);
        var separator = !url.Contains('?') ? "?" : url[^1] is '?' or '&' ? "" : "&";
        foreach (var (name, value) in parameters)
        {
            if (value is null) continue;
            text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = "&";
        }

        return text.ToString();
    }
}
