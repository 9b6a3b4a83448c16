using System;
using System.Collections.Generic;

namespace Lachesis.Tools.Manifests;

/// <summary>
/// Keys without a value, such as the <c>"suspend",</c> of rt-app's own examples: JSON does not know them. They are given an empty
/// string.
/// </summary>
internal static class BareKeys
{
    private static ReadOnlySpan<byte> EmptyString => ": \"\""u8;

    /// <summary>The text with values in place; null if no key lacks one. What is otherwise wrong with it stays so.</summary>
    internal static byte[]? Complete(ReadOnlySpan<byte> json)
    {
        List<int> ends = Find(json);
        if (ends.Count == 0)
        {
            return null;
        }

        var completed = new List<byte>(json.Length + (ends.Count * EmptyString.Length));
        int from = 0;
        foreach (int end in ends)
        {
            completed.AddRange(json[from..end]);
            completed.AddRange(EmptyString);
            from = end;
        }

        completed.AddRange(json[from..]);
        return [.. completed];
    }

    // Where such keys end.
    private static List<int> Find(ReadOnlySpan<byte> json)
    {
        var ends = new List<int>();
        var objects = new Stack<bool>();
        bool key = false;
        for (int at = SkipSpace(json, 0); at < json.Length; at = SkipSpace(json, at))
        {
            byte c = json[at];
            int next = c == '"' ? SkipString(json, at) : at + 1;
            if (c == '"' && key)
            {
                int after = SkipSpace(json, next);
                if (after < json.Length && json[after] is (byte)',' or (byte)'}')
                {
                    ends.Add(next);
                }
            }
            else if (c is (byte)'{' or (byte)'[')
            {
                objects.Push(c == '{');
            }
            else if (c is (byte)'}' or (byte)']')
            {
                objects.TryPop(out _);
            }

            key = c == '{' || (c == ',' && objects.TryPeek(out bool inObject) && inObject);
            at = next;
        }

        return ends;
    }

    private static int SkipString(ReadOnlySpan<byte> json, int at)
    {
        for (at++; at < json.Length && json[at] != '"'; at++)
        {
            at += json[at] == '\\' ? 1 : 0;
        }

        return Math.Min(at + 1, json.Length);
    }

    // Spaces and comments.
    private static int SkipSpace(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length)
        {
            ReadOnlySpan<byte> rest = json[at..];
            int skip = rest[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' ? 1
                : rest.StartsWith("//"u8) ? LengthUpTo(rest, "\n"u8)
                : rest.StartsWith("/*"u8) ? LengthUpTo(rest, "*/"u8)
                : 0;
            if (skip == 0)
            {
                return at;
            }

            at += skip;
        }

        return at;
    }

    private static int LengthUpTo(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end)
    {
        int found = text.IndexOf(end);
        return found < 0 ? text.Length : found + end.Length;
    }
}
