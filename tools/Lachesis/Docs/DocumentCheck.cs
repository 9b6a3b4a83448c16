using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Tools.CommandLine;

namespace Lachesis.Tools.Docs;

/// <summary>Checks documents, or brings their examples up to date; a line for each block, and the tally at the end.</summary>
public sealed class DocumentCheck
{
    private readonly TextWriter _output;
    private readonly Shell _shell;
    private readonly ExampleCheck _examples;
    private readonly NameCheck _names;
    private readonly FigureCheck _figures;
    private int _passed;
    private int _failed;

    /// <summary>A check of the documents of a repository.</summary>
    /// <param name="root">The repository, in which commands run.</param>
    /// <param name="tool">The host command, whose options documents may name.</param>
    /// <param name="output">Where results go.</param>
    public DocumentCheck(string root, Command tool, TextWriter output)
    {
        _shell = new Shell(root);
        _output = output;
        _examples = new ExampleCheck(_shell);
        _names = new NameCheck(root, tool, _shell);
        _figures = new FigureCheck(root);
    }

    /// <summary>Whether examples are rewritten instead of being compared.</summary>
    public bool Accept { get; init; }

    /// <summary>Only examples whose command contains this are run.</summary>
    public string Only { get; init; } = "";

    /// <summary>Whether documents are walked through: commands are run and patches applied, in order, as a reader does.</summary>
    public bool Walk { get; init; }

    /// <summary>Checks documents.</summary>
    /// <returns>Whether nothing is wrong.</returns>
    public bool Run(string[] paths)
    {
        foreach (string path in paths)
        {
            if (Accept)
            {
                _figures.Accept(path);
            }

            CheckText(Document.Load(path));
            bool patched = false;
            for (int i = 0; i < Document.Load(path).Blocks.Count; i++)
            {
                // Anew for each block, as accepting one moves those below it.
                Interruption.Token.ThrowIfCancellationRequested();
                Document document = Document.Load(path);
                CheckBlock(document, document.Blocks[i], patched);
                patched |= document.Blocks[i].Marker.Kind == BlockKind.Patch;
            }
        }

        _output.WriteLine($"{_passed} passed, {_failed} failed, 0 skipped");
        return _failed == 0;
    }

    private void CheckText(Document document)
    {
        int before = _failed;
        foreach (Finding finding in document.Findings)
        {
            Fail(finding);
        }

        foreach (Finding finding in _names.Check(document).Concat(_figures.Check(document)))
        {
            Fail(finding);
        }

        _passed += _failed == before ? 1 : 0;
    }

    private void CheckBlock(Document document, CodeBlock block, bool patched)
    {
        Marker marker = block.Marker;
        if (marker.Kind == BlockKind.Scenario)
        {
            WriteLine(document, block, "scenario", ScenarioCheck.Check(document, block), changed: false);
        }
        else if (marker.Kind == BlockKind.Patch && !Walk)
        {
            string patch = string.Join('\n', block.Text.Skip(1).SkipLast(1));
            WriteLine(document, block, "patch", CheckContent(document, block, $"git apply --check <<'END'\n{patch}\nEND"), changed: false);
        }
        else if (marker.Kind is BlockKind.Patch or BlockKind.Commands && Walk)
        {
            string script = string.Join('\n', block.Text);
            WriteLine(document, block, block.Text[0], CheckContent(document, block, $"set -e\n{script}"), changed: false);
            _shell.Forget();
        }
        else if (marker.Kind == BlockKind.Output && marker.Command.Contains(Only, StringComparison.Ordinal) && (Walk || !patched))
        {
            bool changed = false;
            Finding? finding = Accept ? _examples.Accept(document, block, out changed) : _examples.Check(document, block);
            WriteLine(document, block, marker.Command, finding, changed);
        }
    }

    private Finding? CheckContent(Document document, CodeBlock block, string script)
    {
        ShellResult result = _shell.Run(script);
        return result.Status == 0
            ? null
            : new Finding(document.Path, block.First + 1, $"fails: {ExampleCheck.LastLine(result.Error, result.Output)}");
    }

    private void WriteLine(Document document, CodeBlock block, string what, Finding? finding, bool changed)
    {
        if (finding is not null)
        {
            Fail(finding);
            return;
        }

        _passed++;
        _output.WriteLine($"{(changed ? "new " : "ok  ")} {document.Path}:{block.First + 1}: {what}");
    }

    private void Fail(Finding finding)
    {
        _failed++;
        _output.WriteLine($"FAIL {finding}");
    }
}
