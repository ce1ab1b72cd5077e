using System.Text;
using SpidOrleans.Mixpanel.Rules;
using Xunit;

namespace SpidOrleans.UnitTests.Rules;

public sealed class NameSetTests
{
    private const int SameHash = 7;

    [Fact]
    public void Names_that_collide_are_told_apart_and_a_repeated_one_among_them_is_found()
    {
        var body = Encoding.UTF8.GetBytes("""{"one":1,"two":2,"thr\u0065e":3,"four":4}""");
        var names = NameSet.Borrow();
        Assert.True(Add(names, body, "one", "\"one"));
        Assert.True(Add(names, body, "two", "\"two"));
        Assert.True(Add(names, body, "three", "\"thr"));
        Assert.True(Add(names, body, "four", "\"four"));
        Assert.Equal(4, names.Count);

        foreach (var name in new[] { "one", "two", "three", "four" }) Assert.False(Add(names, body, name, "\"one"), name);
        Assert.Equal(4, names.Count);
    }

    [Fact]
    public void An_object_does_not_see_the_names_around_it_nor_those_of_objects_that_ended()
    {
        var body = Encoding.UTF8.GetBytes("""{"a":{"a":{}},"b":{"a":{}}}""");
        var names = NameSet.Borrow();
        Assert.True(Add(names, body, "a", "\"a"));
        Assert.True(Add(names, body, "a", "\"a", first: 1));
        names.Close(1);
        Assert.Equal(1, names.Count);
        Assert.True(Add(names, body, "b", "\"b"));
        Assert.True(Add(names, body, "a", "\"a", first: 2));
        Assert.False(Add(names, body, "a", "\"a", first: 2));
    }

    [Fact]
    public void Equal_names_have_equal_hashes() =>
        Assert.Equal(NameSet.Hash("name"u8), NameSet.Hash(Encoding.UTF8.GetBytes("na" + "me")));

    private static bool Add(NameSet names, byte[] body, string name, string spelled, int first = 0) => names.TryAdd(
        body, Encoding.UTF8.GetBytes(name), SameHash, body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(spelled)), first);
}
