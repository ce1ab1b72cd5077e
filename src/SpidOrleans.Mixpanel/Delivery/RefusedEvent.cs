namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>An event of a batch that Mixpanel refused for good.</summary>
/// <param name="Index">Its place in the batch, from 0.</param>
/// <param name="Field">What Mixpanel objects to, such as <c>properties.time</c>; null when its answer named no record.</param>
/// <param name="Message">Mixpanel's words, cut at <see cref="ImportAnswer.MessageCharsMax"/>.</param>
public sealed record RefusedEvent(int Index, string? Field, string Message);
