using System.Text;
using SpidOrleans.Mixpanel.Rules;
using Xunit;

namespace SpidOrleans.UnitTests.Rules;

public sealed class ReservedNamesTests
{
    [Theory]
    [InlineData("token")]
    [InlineData("ip")]
    [InlineData("time")]
    [InlineData("$time")]
    [InlineData("distinct_id")]
    [InlineData("$distinct_id")]
    [InlineData("$device_id")]
    [InlineData("$user_id")]
    [InlineData("$insert_id")]
    [InlineData("$event_name")]
    [InlineData("$identified_id")]
    [InlineData("$anon_id")]
    [InlineData("$anon_distinct_id")]
    [InlineData("alias")]
    [InlineData("$distinct_ids")]
    [InlineData("$distinct_id_before_identity")]
    [InlineData("$is_reshuffled")]
    [InlineData("$preshuffle_distinct_id")]
    [InlineData("$failure_reason")]
    [InlineData("$failure_description")]
    [InlineData("$identity_failure_reason")]
    [InlineData("$source")]
    [InlineData("$partner_id")]
    [InlineData("$warehouse_")]
    [InlineData("$warehouse_import_id")]
    [InlineData("$duration_s")]
    [InlineData("$event_count")]
    [InlineData("$origin_end")]
    [InlineData("$mp_experiment_name")]
    [InlineData("bucket")]
    [InlineData("$bucket")]
    [InlineData("$ignore")]
    public void What_Mixpanel_reserves_is_reserved(string name) => Assert.True(Contains(name));

    [Theory]
    [InlineData("")]
    [InlineData("Token")]
    [InlineData("tokens")]
    [InlineData("$ip")]
    [InlineData("$ignored")]
    [InlineData("$warehouse")]
    [InlineData("warehouse_import_id")]
    [InlineData("$browser")]
    [InlineData("$current_url")]
    [InlineData("a name longer than every reserved one")]
    public void Other_names_are_the_senders(string name) => Assert.False(Contains(name));

    private static bool Contains(string name) => ReservedNames.Contains(Encoding.UTF8.GetBytes(name));
}
