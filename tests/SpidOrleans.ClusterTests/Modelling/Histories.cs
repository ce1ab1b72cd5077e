using FsCheck;
using FsCheck.Fluent;

namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>Random sequences of steps, and how a failing one gets shorter.</summary>
internal static class Histories
{
    public static Gen<Step[]> Sequences { get; } = Gen.Frequency(Steps).ArrayOf();

    /// <summary>The same, and persons decide whether they want to be tracked.</summary>
    public static Gen<Step[]> OfDecisions { get; } = Gen.Frequency([
        .. Steps,
        (2, from b in Browser from t in Mostly from s in Rarely select (Step)new Step.Consent(b, t, s)),
        (1, from u in Person from t in Mostly select (Step)new Step.PersonsConsent(u, t))]).ArrayOf();

    private static (int Weight, Gen<Step> Step)[] Steps =>
    [
        (8, from b in Browser from p in Project from n in Gen.Choose(1, 5) from c in Gen.Elements(Enum.GetValues<SenderClock>()) select (Step)new Step.Track(b, p, n, c)),
        (2, from b in Browser from p in Project select (Step)new Step.TrackStale(b, p)),
        (2, from u in Person from p in Project select (Step)new Step.TrackPerson(u, p)),
        (4, from b in Browser from u in Person from p in Project from s in Rarely select (Step)new Step.Login(b, u, p, s)),
        (2, from b in Browser from p in Project from s in Rarely select (Step)new Step.Logout(b, p, s)),
        (3, from w in Gen.Choose(0, 1_000) select (Step)new Step.Resend(w)),
        (2, from b in Browser from u in Person select (Step)new Step.Forget(b, u)),
        (2, from k in Gen.Choose(0, 6) select (Step)new Step.Trouble(k)),
    ];

    private static Gen<int> Browser => Gen.Choose(0, 2);

    private static Gen<int> Person => Gen.Choose(0, 2);

    private static Gen<int> Project => Gen.Choose(0, 1);

    private static Gen<bool> Rarely => Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)));

    private static Gen<bool> Mostly => Gen.Frequency((2, Gen.Constant(true)), (1, Gen.Constant(false)));

    /// <summary>Halves first, then without one step after the other.</summary>
    public static IEnumerable<Step[]> Shrink(Step[] steps)
    {
        if (steps.Length > 3)
        {
            yield return steps[..(steps.Length / 2)];
            yield return steps[(steps.Length / 2)..];
        }

        for (var i = 0; i < steps.Length; i++) yield return [.. steps[..i], .. steps[(i + 1)..]];
    }
}
