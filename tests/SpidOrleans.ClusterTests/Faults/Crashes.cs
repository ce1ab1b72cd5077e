namespace SpidOrleans.ClusterTests.Faults;

/// <summary>Where the next step shall break: before it happened, or after, when only the answer is lost.</summary>
public enum Moment
{
    Before,
    After,
}

/// <summary>Breaks the next step of a name, once. Tests set it; the decorators ask.</summary>
public sealed class Crashes
{
    private readonly Lock _gate = new();
    private readonly List<(string Step, Moment Moment)> _planned = [];

    public void Plan(string step, Moment moment)
    {
        lock (_gate) _planned.Add((step, moment));
    }

    public bool AreDone
    {
        get
        {
            lock (_gate) return _planned.Count == 0;
        }
    }

    public async Task<T> AtAsync<T>(string step, Func<Exception> fault, Func<Task<T>> action)
    {
        if (Takes(step, Moment.Before)) throw fault();
        var result = await action();
        if (Takes(step, Moment.After)) throw fault();
        return result;
    }

    private bool Takes(string step, Moment moment)
    {
        lock (_gate) return _planned.Remove((step, moment));
    }
}
