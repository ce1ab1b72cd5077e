using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the body of <c>POST /v1/events</c> and, with <see cref="EventsReaderOptions.FromBrowser"/>, of <c>POST /v1/collect</c>.</summary>
public static class EventsReader
{
    /// <param name="body">Lives on in the events: they refer to it instead of copying.</param>
    public static EventsReading Read(ReadOnlyMemory<byte> body, EventsReaderOptions options)
    {
        var errors = new RuleErrors();
        // A bare list has no room for the client's id, so a browser's body is always an object.
        if (options.FromBrowser)
        {
            var fields = new CollectFields(options);
            BodyReader.Read(body, options.Now, errors, ref fields);
            return fields.Events.ToReading(errors, fields.ClientId);
        }
        else
        {
            var fields = new EventsFields(options);
            BodyReader.Read(body, options.Now, errors, ref fields, listField: EventsFields.Events);
            return fields.List.ToReading(errors, clientId: null);
        }
    }
}
