namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>How a Mixpanel project joins identities. Chosen there once; it cannot change when the project has data.</summary>
public enum IdMerge
{
    /// <summary>Events name <c>$device_id</c> and <c>$user_id</c>; the first event with both links them.</summary>
    Simplified,

    /// <summary>Events name <c>distinct_id</c>; <c>$identify</c> joins two of them.</summary>
    Original,
}
