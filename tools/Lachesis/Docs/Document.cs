using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Lachesis.Tools.Docs;

/// <summary>A Markdown document, and the blocks of code in it: indented by four spaces, or between fences.</summary>
public sealed class Document
{
    private const string Indentation = "    ";
    private const string Fence = "```";

    private readonly List<string> _lines;
    private readonly List<CodeBlock> _blocks = [];
    private readonly List<Finding> _findings = [];

    private Document(string path)
    {
        Path = path;
        _lines = [.. File.ReadAllLines(path)];
        for (int i = 0; i < _lines.Count; i++)
        {
            if (_lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                int end = _lines.FindIndex(i + 1, line => line == Fence);
                i = AddBlock(i, i + 1, end < 0 ? _lines.Count : end, "");
            }
            else if (_lines[i].StartsWith(Indentation, StringComparison.Ordinal) && (i == 0 || _lines[i - 1].Length == 0))
            {
                i = AddBlock(i, i, EndOfIndented(i), Indentation) - 1;
            }
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its lines.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>The blocks that say what they are, in order.</summary>
    public IReadOnlyList<CodeBlock> Blocks => _blocks;

    /// <summary>The blocks that do not.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Reads a document.</summary>
    public static Document Load(string path) => new(path);

    /// <summary>Writes the document with other text in one of its blocks.</summary>
    public void Replace(CodeBlock block, IEnumerable<string> text)
    {
        _lines.RemoveRange(block.First, block.Text.Count);
        _lines.InsertRange(block.First, text.Select(line => line.Length == 0 ? "" : block.Indentation + line));
        File.WriteAllLines(Path, _lines);
    }

    // The marker stands above, with or without an empty line between.
    private int AddBlock(int opening, int first, int end, string indentation)
    {
        int above = opening - 1;
        if (above >= 0 && _lines[above].Length == 0)
        {
            above--;
        }

        try
        {
            if (above >= 0 && Marker.Read(_lines[above]) is { } marker)
            {
                List<string> text = [.. _lines[first..end].Select(line => line.Length == 0 ? "" : line[indentation.Length..])];
                _blocks.Add(new CodeBlock(marker, first, text, indentation));
            }
            else
            {
                _findings.Add(new Finding(Path, opening + 1, "a block without the comment that says what it is (docs/documents.md)"));
            }
        }
        catch (FormatException problem)
        {
            _findings.Add(new Finding(Path, above + 1, problem.Message));
        }

        return end;
    }

    // Empty lines belong to it only if more of it follows.
    private int EndOfIndented(int first)
    {
        int end = first;
        for (int i = first; i < _lines.Count; i++)
        {
            if (_lines[i].StartsWith(Indentation, StringComparison.Ordinal))
            {
                end = i + 1;
            }
            else if (_lines[i].Length > 0)
            {
                break;
            }
        }

        return end;
    }
}
