using System;
using System.IO;
using Lachesis.Tools.Tests.CommandLine;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

public sealed class DocsCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("<!-- output of: echo one; echo two -->\n\n    one\n    two\n", "")]
    [InlineData("<!-- output of: echo one; echo two -->\n```\none\ntwo\n```\n", "")]
    [InlineData("<!-- output of: echo one -->\n\n    $ echo one\n    one\n", "")]
    [InlineData("<!-- output of: echo one | cat -->\n\n    $ echo one\n    one\n", "")]
    [InlineData("<!-- output, section b, of: printf '== a\\n1\\n== b\\n2\\n== c\\n3\\n' -->\n\n    2\n", "")]
    [InlineData("<!-- output, status 3, of: echo one; exit 3 -->\n\n    one\n", "")]
    [InlineData("<!-- output, varying figures, of: echo 1 s -->\n\n    2 s\n", "")]
    [InlineData("<!-- scenario -->\n\n    { \"global\": { \"duration\": 1 }, \"tasks\": { \"a\": { \"run\": 1000 } } }\n", "")]
    [InlineData("<!-- output of: echo one -->\n\n    two\n", ":3: differs from what 'echo one' prints")]
    [InlineData("<!-- output of: echo one -->\n\n    $ echo two\n    one\n", ":3: shows 'echo two'")]
    [InlineData("<!-- output of: echo two >&2; false -->\n\n    one\n", ":3: 'echo two >&2; false' ended with status 1, not 0: two")]
    [InlineData("<!-- output, section d, of: echo one -->\n\n    one\n", ":3: 'echo one' printed no section 'd'")]
    [InlineData("text\n\n    one\n", ":3: a block without the comment")]
    [InlineData("<!-- nonsense -->\n\n    one\n", ":1: 'nonsense' does not say")]
    [InlineData("<!-- output, varying colours, of: echo -->\n\n    one\n", ":1: 'colours' is not one of addresses")]
    [InlineData("<!-- scenario -->\n\n    { \"tasks\": 5 }\n", ":3: the simulator refuses this: ")]
    [InlineData("<!-- commands -->\n\n    make tests\n", ":3: make knows no target 'tests'")]
    [InlineData("<!-- commands -->\n\n    make test    # everything\n    make stress CPU=4\n", ":4: make knows no variable CPU")]
    [InlineData("<!-- commands -->\n\n    lachesis sim bench/x.json   a scenario\n", ":3: no file 'bench/x.json'")]
    [InlineData("Type `make debug BREAKS=x`.\n", ":1: make knows no variable BREAKS")]
    [InlineData("Type `lachesis run --cpu 1`.\n", ":1: the host command has no '--cpu'")]
    [InlineData("It takes 1<!-- costs yieldSameProcess --> instructions.\n", ":1: 1 is shown for costs yieldSameProcess, accepted is ")]
    [InlineData("Linux: 1<!-- peers yieldFair2 Linux 6.12 -->.\n", ":1: 1 is shown for peers yieldFair2 Linux 6.12, accepted is 2,633")]
    [InlineData("seL4: 487<!-- peers yieldPriority2 seL4 MCS -->.\n", "")]
    [InlineData("It takes 1<!-- costs fly -->.\n", ":1: there is no accepted figure 'costs fly'")]
    [InlineData("At most 1<!-- queues fair/pick/10 most -->.\n", ":1: 1 is shown for queues fair/pick/10 most, accepted is ")]
    [InlineData("See `kernel/core/Nowhere.cs`.\n", ":1: no file 'kernel/core/Nowhere.cs'")]
    [InlineData("See [this](nowhere.md).\n", ":1: no file 'nowhere.md'")]
    [InlineData("Type `lachesis calls --markdown > docs/system-calls.md` or `lachesis calls | less`.\n", "")]
    [InlineData("`make run-<smoke>`, `lachesis sim FILE`, `kernel/core/*/*.cs`, `make debug BREAK=A.b CPUS=2`, `tests/guest/*`\n", "")]
    public void What_is_not_so_is_found(string text, string finding)
    {
        File.WriteAllText(_file, text);

        (int status, string output, _) = CliTests.Run($"docs {_file}");

        Assert.Contains(finding.Length == 0 ? "" : $"FAIL {_file}{finding}", output);
        Assert.Equal(finding.Length == 0 ? 0 : 1, status);
    }

    [Fact]
    public void Accepting_puts_accepted_figures_into_the_text()
    {
        File.WriteAllText(_file, "From 1<!-- costs yieldSameProcess --> to 2<!-- queues fair/pick/10 -->, or 3<!-- costs fly -->.\n");

        CliTests.Run($"docs --accept {_file}");

        Assert.Matches(
            @"^From \d{2,}<!-- costs yieldSameProcess --> to \d+\.\d<!-- queues fair/pick/10 -->, or 3<!-- costs fly -->\.\n$",
            File.ReadAllText(_file));
        Assert.Equal((1, $"FAIL {_file}:1: there is no accepted figure 'costs fly'\n0 passed, 1 failed, 0 skipped\n", ""), CliTests.Run($"docs {_file}"));
    }

    [Fact]
    public void Accepting_writes_what_is_printed_and_leaves_what_is_alike()
    {
        File.WriteAllText(_file, """
            <!-- output of: printf 'a\n\nb\n' -->

                $ printf 'a\n\nb\n'
                old

            between
            <!-- output, varying figures, of: echo 7 -->
            ```
            6
            ```

            """);

        (int status, string output, _) = CliTests.Run($"docs --accept {_file}");

        Assert.Equal(0, status);
        Assert.Contains("new ", output);
        Assert.Equal("""
            <!-- output of: printf 'a\n\nb\n' -->

                $ printf 'a\n\nb\n'
                a

                b

            between
            <!-- output, varying figures, of: echo 7 -->
            ```
            6
            ```

            """, File.ReadAllText(_file));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--walk ")]
    public void What_follows_a_patch_is_looked_at_only_by_a_walk(string option)
    {
        File.WriteAllText(_file, $"""
            <!-- commands -->

                echo walked >{_file}.out

            <!-- patch -->

                git apply <<'END'
                --- a/no-such-file
                +++ b/no-such-file
                @@ -1 +1 @@
                -a
                +b
                END

            <!-- output of: cat {_file}.out -->

                walked

            """);

        (int status, string output, string _) = CliTests.Run($"docs {option}{_file}");

        Assert.Equal(1, status);
        Assert.Contains($"FAIL {_file}:7: fails: error: no-such-file", output);
        Assert.Equal(option.Length > 0, output.Contains("cat ", StringComparison.Ordinal));
        Assert.Equal(option.Length > 0, File.Exists($"{_file}.out"));
        File.Delete($"{_file}.out");
    }

    [Fact]
    public void Only_some_examples_can_be_asked_for()
    {
        File.WriteAllText(_file, "<!-- output of: echo one -->\n\n    two\n\n<!-- output of: echo 3 -->\n\n    3\n");

        Assert.Equal(0, CliTests.Run($"docs --only 3 {_file}").Status);
    }

    public void Dispose() => File.Delete(_file);
}
