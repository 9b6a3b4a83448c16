using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Lachesis.Tools.Suites;

/// <summary>One suite of `make test`.</summary>
/// <param name="Name">Its name, as in <c>make test SUITE=name</c>.</param>
/// <param name="Command">What runs it, as a shell takes it, from the root of the repository.</param>
/// <param name="Alone">Whether it measures time, so that no other may run beside it.</param>
/// <param name="CpuMinutes">Minutes of processor time after which it counts as hanging: what it takes does not depend on how busy the
/// host is, so neither does this.</param>
public sealed record Suite(string Name, string Command, bool Alone = false, int CpuMinutes = 20)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads a table of suites.</summary>
    /// <exception cref="ToolException">It is not one.</exception>
    public static IReadOnlyList<Suite> Load(string path)
    {
        try
        {
            Suite[] suites = JsonSerializer.Deserialize<Suite[]>(InputFile.ReadGiven(path, InputFile.MaxText), s_options) ?? [];
            string? twice = suites.GroupBy(static suite => suite.Name).FirstOrDefault(static group => group.Count() > 1)?.Key;
            return twice is null ? suites : throw new ToolException($"{path}: two suites named '{twice}'", ToolException.BadUsage);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new ToolException($"{path}: {problem.Message}", ToolException.BadUsage);
        }
    }

    /// <summary>Those named; all if none is.</summary>
    /// <exception cref="ToolException">There is none of a name.</exception>
    public static IReadOnlyList<Suite> Select(IReadOnlyList<Suite> all, IReadOnlyList<string> names)
    {
        foreach (string name in names.Where(name => !all.Any(suite => suite.Name == name)))
        {
            string known = string.Join(", ", all.Select(static suite => suite.Name));
            throw new ToolException($"SUITE: no suite named '{name}'; there are: {known}", ToolException.BadUsage);
        }

        return names.Count == 0 ? all : [.. all.Where(suite => names.Contains(suite.Name))];
    }
}
