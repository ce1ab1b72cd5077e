namespace SpidOrleans.Mixpanel.Rules;

/// <summary>Property names that mean something to Mixpanel's ingestion, so that a sender must not set them.</summary>
public static class ReservedNames
{
    public const string Rule = "The name of this property is reserved; an event's own fields carry time, ids and address.";

    private static readonly NamesByLength Names = new(
    [
        "token", "ip", "time", "$time", "distinct_id", "$distinct_id", "$device_id", "$user_id", "$insert_id",
        "$event_name", "$identified_id", "$anon_id", "$anon_distinct_id", "alias", "$distinct_ids",
        "$distinct_id_before_identity", "$is_reshuffled", "$preshuffle_distinct_id", "$failure_reason",
        "$failure_description", "$identity_failure_reason", "$source", "$partner_id", "$duration_s", "$event_count",
        "$mp_experiment_name", "bucket", "$bucket", "$ignore",
    ]);

    /// <param name="name">Unescaped UTF-8.</param>
    public static bool Contains(ReadOnlySpan<byte> name) =>
        name.StartsWith("$warehouse_"u8) || name.StartsWith("$origin_"u8) || Names.Contains(name);
}
