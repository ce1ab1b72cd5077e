using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace SpidOrleans.UnitTests.Reading;

/// <summary>Random properties within the event rules.</summary>
internal static class RandomJson
{
    /// <summary>Short and from few letters, so that names come twice.</summary>
    public static readonly Gen<string> Name =
        from length in Gen.Choose(1, 3)
        from units in Gen.Elements("a", "b", "c", "d", "Z", "$", " ", "é", "漢", "😀").ArrayOf(length)
        select string.Concat(units);

    /// <summary>Those that make or break JSON more often than others.</summary>
    public static readonly Gen<byte> Byte = Gen.OneOf(
        Gen.Elements("{}[]\",:\\u0dD89/*ntf-+.eE \n"u8.ToArray()),
        Gen.Choose(0, 255).Select(value => (byte)value));

    private static readonly Gen<string> Text =
        from length in Gen.Choose(0, 12)
        from units in Gen.Elements("a", "Z", "\"", "\\", "/", "<", "\n", "\u0001", "\u2028", "é", "漢", "😀", "\uffff").ArrayOf(length)
        select string.Concat(units);

    private static readonly Gen<Func<JsonNode?>> Scalar = Gen.OneOf(
        Text.Select(text => new Func<JsonNode?>(() => JsonValue.Create(text))),
        Gen.Choose(int.MinValue, int.MaxValue).Select(number => new Func<JsonNode?>(() => JsonValue.Create(number))),
        Gen.Choose(-1_000_000, 1_000_000).Select(number => new Func<JsonNode?>(() => JsonValue.Create(number / 7.0))),
        Gen.Elements(1e308, -1e-308, double.MaxValue, 0.0).Select(number => new Func<JsonNode?>(() => JsonValue.Create(number))),
        Gen.Elements(true, false).Select(value => new Func<JsonNode?>(() => JsonValue.Create(value))),
        Gen.Constant(new Func<JsonNode?>(() => null)));

    public static readonly Gen<JsonObject> Properties =
        Gen.Choose(0, 12).SelectMany(count => Object(count, level: 0)).Select(make => (JsonObject)make()!);

    private static Gen<Func<JsonNode?>> Value(int level) => level == 3
        ? Scalar
        : Gen.Frequency(
            (6, Scalar),
            (1, Gen.Choose(0, 4).SelectMany(count => Object(count, level + 1))),
            (1, Gen.Choose(0, 4).SelectMany(count => List(count, level + 1))));

    private static Gen<Func<JsonNode?>> Object(int count, int level) => Object(count, Value(level));

    private static Gen<Func<JsonNode?>> Object(int count, Gen<Func<JsonNode?>> value) =>
        from names in Name.ArrayOf(count)
        from values in value.ArrayOf(count)
        select new Func<JsonNode?>(() =>
        {
            var made = new JsonObject();
            for (var i = 0; i < count; i++) made[names[i]] = values[i]();
            return made;
        });

    private static Gen<Func<JsonNode?>> List(int count, int level) =>
        from values in (level == 3 ? Scalar : Gen.Frequency((3, Scalar), (1, Object(2, Scalar)), (1, List(2, level + 1)))).ArrayOf(count)
        select new Func<JsonNode?>(() => new JsonArray([.. values.Select(make => make())]));
}
