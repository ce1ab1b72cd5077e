namespace SpidOrleans.TestKit.StandIn;

/// <summary>Decides each request's fault. Called for one request at a time, after its body was read.</summary>
public interface IFaultPlan
{
    Fault Next(ImportRequest request);
}

/// <summary>What a plan may go by.</summary>
/// <param name="Number">1 for the first request of the stand-in's life.</param>
/// <param name="Token">Whose project it is for.</param>
/// <param name="Events">How many events, or changes of profiles, it carries.</param>
/// <param name="IsEngage">It is for <c>/engage</c>; else for <c>/import</c>.</param>
public sealed record ImportRequest(long Number, string Token, int Events, bool IsEngage = false);
