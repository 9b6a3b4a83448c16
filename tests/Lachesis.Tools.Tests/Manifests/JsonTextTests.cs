using System;
using System.IO;
using System.Linq;
using System.Text;
using Lachesis.Tools.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Manifests;

/// <summary>Files as editors and people leave them.</summary>
public sealed class JsonTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_told_to_be_one() => Assert.Equal($"{_folder}: cannot be read: is a folder, not a file", ErrorOf(_folder));

    [Fact]
    public void A_byte_order_mark_is_skipped() => Assert.Equal(["a"], Keys([0xEF, 0xBB, 0xBF, .. "{ \"a\": 1 }"u8]));

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Another_encoding_is_named(string encoding)
    {
        Encoding other = Encoding.GetEncoding(encoding);
        string file = Write([.. other.GetPreamble(), .. other.GetBytes("{}")]);
        Assert.Equal($"{file}: is UTF-16; save it as UTF-8", ErrorOf(file));
    }

    [Fact]
    public void A_key_that_is_not_Unicode_is_an_error_in_one_line()
    {
        string surrogate = Write([.. "{ \"\\ud800\": 1 }"u8]);
        Assert.Equal($"{surrogate}: a key is not valid Unicode", ErrorOf(surrogate));
        string bytes = Write([(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', .. ": 1 }"u8]);
        Assert.Equal($"{bytes}: a key is not valid Unicode", ErrorOf(bytes));
    }

    [Fact]
    public void A_value_that_is_not_Unicode_is_an_error_in_one_line()
    {
        string file = Write([.. "{ \"a\": \""u8, 0xFF, .. "\" }"u8]);
        Assert.Equal(
            $"{file}: a: is not valid Unicode",
            Assert.Throws<ManifestException>(() => JsonText.Load(file, static node => node.Fields(["a"], [])["a"].Number(0, 1))).Message);
    }

    [Theory]
    [InlineData("{ \"suspend\", \"run\": 1 }", "suspend,run")]
    [InlineData("{ \"run\": \"x,\", \"suspend\" }", "run,suspend")]
    [InlineData("{ \"a\\\"b\" /* , */ , // }\n \"c\" }", "a\"b,c")]
    [InlineData("{ \"list\": [\"x\", \"y\"], \"suspend\", }", "list,suspend")]
    public void A_key_without_a_value_may_stand_for_an_empty_one(string json, string keys) =>
        Assert.Equal(keys, string.Join(",", Keys(Encoding.UTF8.GetBytes(json), bareKeys: true)));

    [Theory]
    [InlineData("{ \"suspend\", \"run\" 1 }", "line 1, column")]
    [InlineData("{ \"suspend\", ", "line 1, column")]
    [InlineData("{ \"a", "line 1, column")]
    [InlineData("[\"a\", ]]", "line 1, column")]
    public void What_is_otherwise_wrong_stays_so(string json, string error)
    {
        string file = Write(Encoding.UTF8.GetBytes(json));
        string message = Assert.Throws<ManifestException>(() => JsonText.Load(file, static _ => 0, bareKeys: true)).Message;
        Assert.StartsWith($"{file}: {error}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifests_have_no_bare_keys() =>
        Assert.Contains("line 1, column", ErrorOf(Write([.. "{ \"a\" }"u8])), StringComparison.Ordinal);

    private string[] Keys(byte[] json, bool bareKeys = false) => JsonText.Load(
        Write(json), static node => node.Properties("keys").Select(static key => key.Name).ToArray(), bareKeys);

    private static string ErrorOf(string path) =>
        Assert.Throws<ManifestException>(() => JsonText.Load(path, static node => node.Properties("keys").Count)).Message;

    private string Write(byte[] json)
    {
        string file = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(file, json);
        return file;
    }
}
