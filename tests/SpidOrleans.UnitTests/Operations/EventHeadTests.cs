using System.Text;
using SpidOrleans.Cluster.Operations;
using Xunit;

namespace SpidOrleans.UnitTests.Operations;

public sealed class EventHeadTests
{
    private const string Visitor = "7b0b6f0e-5d0c-4c57-9d55-0d5a5c1c9f10";

    [Fact]
    public void Read_StopsBeforeWhatTheSenderSays()
    {
        var head = EventHead.Read(Bytes(
            $$$"""{"event":"a","properties":{"time":1,"$insert_id":"i","$device_id":"{{{Visitor}}}","Version":"1","Revision":"2","Client":"c","x":{"$user_id":"forged"},"$user_id":"forged"}}"""));

        Assert.Equal(("a", "i", Visitor, "", "c"), (Text(head.Name), Text(head.InsertId), Text(head.Device), Text(head.User), Text(head.Client)));
    }

    [Theory]
    [InlineData(Visitor, Visitor, "")]
    [InlineData("anna", "", "anna")]
    public void Read_TellsVisitorsFromUsers_UnderOriginalIdMerge(string id, string device, string user)
    {
        var head = EventHead.Read(Bytes($$$"""{"event":"a","properties":{"time":1,"$insert_id":"i","distinct_id":"{{{id}}}","Version":"1"}}"""));

        Assert.Equal((device, user), (Text(head.Device), Text(head.User)));
    }

    [Fact]
    public void Read_KnowsWhoseProfileChanges()
    {
        var head = EventHead.Read(Bytes("""{"$distinct_id":"anna","$token":"t","$set":{"event":"x"}}"""));

        Assert.Equal(("", "anna"), (Text(head.Name), Text(head.User)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[]")]
    [InlineData("{\"event\":")]
    [InlineData("{\"event\":\"a\",\"properties\":7}")]
    [InlineData("nonsense")]
    public void Read_OfWhatNobodyWrote_FindsNothingAndDoesNotThrow(string payload) => Assert.Equal("", Text(EventHead.Read(Bytes(payload)).InsertId));

    [Fact]
    public void Read_SkipsMarks() => Assert.Equal("i", Text(EventHead.Read(Bytes(" {\"event\":\"a\",\"properties\":{\"time\":1,\"$insert_id\":\"i\"}}\n\n")).InsertId));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> span) => Encoding.UTF8.GetString(span);
}
