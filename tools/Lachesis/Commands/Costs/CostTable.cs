using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json.Serialization;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Costs;

/// <summary>bench/costs.json: what each operation is to cost, what it costs elsewhere, and what was last accepted.</summary>
public sealed class CostTable
{
    /// <summary>Figures that are more than accepted by a greater part than this fail.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The operations, in the order in which they are shown.</summary>
    public required IReadOnlyList<CostOperation> Operations { get; init; }

    /// <summary>Reads a table.</summary>
    public static CostTable Load(string path) => JsonTable.Read<CostTable>(path);

    /// <summary>Writes it.</summary>
    public void Save(string path) => JsonTable.Write(path, this);

    /// <summary>The accepted figures as README.md shows them, and below them every peer that needs fewer.</summary>
    public string ToMarkdown()
    {
        StringBuilder text = new("| operation | instructions | reach | elsewhere |\n|---|---|---|---|\n");
        foreach (CostOperation operation in Operations)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {operation.What} | {operation.Accepted:N0} | {operation.Reach:N0} | {operation.DescribePeers()} |\n");
        }

        string[] ahead = [.. Operations.SelectMany(static operation => operation.Peers
            .Where(peer => peer.Instructions < operation.Accepted)
            .Select(peer => string.Create(
                CultureInfo.InvariantCulture,
                $"- {peer.Kernel} {peer.Note}: {operation.What}: {peer.Instructions:N0} against {operation.Accepted:N0}\n")))];
        return text.Append(ahead.Length == 0 ? "\nNo kernel of this table needs fewer.\n" : "\nKernels that need fewer:\n\n")
            .AppendJoin("", ahead)
            .ToString();
    }
}

/// <summary>One operation of the table.</summary>
/// <param name="Name">Metric that the guest reports.</param>
/// <param name="What">What is done, in words.</param>
/// <param name="Cpus">Virtual CPUs that it is measured with.</param>
/// <param name="Reach">Instructions to reach, or null.</param>
/// <param name="Peers">What it costs in other kernels, those of one kernel one after the other.</param>
/// <param name="Accepted">Instructions when last accepted, or null.</param>
public sealed record CostOperation(
    string Name, string What, int Cpus, long? Reach, IReadOnlyList<PeerCost> Peers, long? Accepted)
{
    /// <summary>Its peers in one line.</summary>
    public string DescribePeers() => string.Join("; ", Peers.GroupBy(static peer => peer.Kernel).Select(static kernel =>
        $"{kernel.Key}: {string.Join(", ", kernel.Select(static peer => peer.Describe()))}"));
}

/// <summary>What an operation costs in another kernel.</summary>
/// <param name="Kernel">The kernel, such as "Linux 6.12".</param>
/// <param name="Instructions">Guest instructions there.</param>
/// <param name="Note">Which of its builds or ways this is, if there are several.</param>
public sealed record PeerCost(
    string Kernel, long Instructions, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Note = null)
{
    /// <summary>The figure and what it is of.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"{Instructions:N0} {Note}").TrimEnd();
}
