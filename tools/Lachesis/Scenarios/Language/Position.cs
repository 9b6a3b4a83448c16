using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>Reads where a task says that its threads begin under the fair policy. All offsets are from one origin.</summary>
internal static class Position
{
    // A lag is at most what the longest request explains, so that the kernel's sums keep within their bounds.
    private const int MaxServiceUs = (int)(SchedulingLimits.MaxSliceNs / 1000);

    /// <summary>Reads it into a task whose weight is known.</summary>
    public static void Read(IReadOnlyDictionary<string, ManifestNode> keys, ref ScenarioTask task)
    {
        foreach (string key in ScenarioKeys.Position)
        {
            if (keys.TryGetValue(key, out ManifestNode node) && (task.Instances == 0 || task.DelayNs != 0))
            {
                throw node.Error("only tasks that start with the scenario, without a delay, say where they begin");
            }
        }

        if (keys.TryGetValue(ScenarioKeys.Lag, out ManifestNode lag))
        {
            if (keys.ContainsKey(ScenarioKeys.VirtualRuntime))
            {
                throw lag.Error($"either '{ScenarioKeys.Lag}' or '{ScenarioKeys.VirtualRuntime}', not both");
            }

            // Owed service is behind the origin, by as much of virtual time as the service would take.
            task.VirtualRuntime = -lag.Number(-MaxServiceUs, MaxServiceUs) * 1000L * SchedulingLimits.DefaultWeight / task.Weight;
            task.GivenVirtualTimes |= ScenarioVirtualTimes.Runtime;
        }

        if (keys.TryGetValue(ScenarioKeys.VirtualRuntime, out ManifestNode runtime))
        {
            task.VirtualRuntime = Offset(runtime, task.Weight);
            task.GivenVirtualTimes |= ScenarioVirtualTimes.Runtime;
        }

        if (keys.TryGetValue(ScenarioKeys.VirtualDeadline, out ManifestNode deadline))
        {
            task.VirtualDeadline = Offset(deadline, task.Weight);
            task.GivenVirtualTimes |= ScenarioVirtualTimes.Deadline;
            if (task.VirtualDeadline <= task.VirtualRuntime)
            {
                throw deadline.Error("a virtual deadline is later than the virtual runtime");
            }
        }
    }

    // Microseconds of virtual time that are no more than so much service of a thread of that weight.
    private static long Offset(ManifestNode node, uint weight)
    {
        int most = (int)Math.Min((long)MaxServiceUs * SchedulingLimits.DefaultWeight / weight, int.MaxValue / 2);
        return node.Number(-most, most) * 1000L;
    }
}
