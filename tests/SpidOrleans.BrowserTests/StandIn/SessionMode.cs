namespace SpidOrleans.BrowserTests.StandIn;

/// <summary>How <c>/rpc/hasSession.js</c> answers.</summary>
public enum SessionMode
{
    Answers,
    Hangs,
    SendsToCore,
    Refuses,
}
