namespace SpidOrleans.Web.Ingestion;

/// <summary>The ids by which a record says whose it is, as they were sent; null: absent or empty.</summary>
/// <param name="Distinct"><c>distinct_id</c> or <c>$distinct_id</c>.</param>
/// <param name="Device"><c>$device_id</c>.</param>
/// <param name="User"><c>$user_id</c>.</param>
internal readonly record struct SentIds(string? Distinct, string? Device, string? User);
