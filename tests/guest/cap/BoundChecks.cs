using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>
/// What revoking costs for each descendant, and how long one step of it takes, whatever the shape of the tree. Where the clock
/// counts instructions (argument <c>instructions=1</c>) that is held to the bounds that docs/capabilities.md states.
/// </summary>
internal static class BoundChecks
{
    private const uint Descendants = 100 * CallLimits.MaxRevoke;

    // Instructions. About a quarter more than was found.
    private const long MaxForDescendant = 180;
    private const long MaxForStep = 5_800;

    private struct Revocation
    {
        internal long Longest, Total;
        internal uint Steps;
    }

    internal static void Run()
    {
        Revocation children = Measure(deep: false);
        Revocation line = Measure(deep: true);
        long longest = children.Longest > line.Longest ? children.Longest : line.Longest;
        long total = children.Total > line.Total ? children.Total : line.Total;
        Report.Metric("revokePerDescendant", total / Descendants);
        Report.Metric("revokeLongestStep", longest);
        Report.Check(
            children.Steps == Descendants / CallLimits.MaxRevoke && line.Steps == children.Steps,
            "revoking takes as many steps for a line of descendants as for as many children");
        if (Program.CountsInstructions)
        {
            Report.Check(total / Descendants <= MaxForDescendant, "revoking costs no more for a descendant than is stated");
            Report.Check(longest <= MaxForStep, "a step of revoking takes no longer than is stated");
        }
    }

    // All derived from one capability, or each from the one before.
    private static Revocation Measure(bool deep)
    {
        ulong source = Sys.CapabilityCopy(BootHandle.Machine).Value;
        ulong last = source;
        for (uint i = 0; i < Descendants; i++)
        {
            ulong made = Sys.CapabilityCopy(last).Value;
            last = deep ? made : source;
        }

        Revocation revocation = default;
        ulong more = 1;
        while (more != 0 && revocation.Steps <= Descendants)
        {
            long began = Clock.Now();
            more = Sys.CapabilityRevokeStep(source).Value;
            long took = Clock.Now() - began;
            revocation.Total += took;
            revocation.Longest = took > revocation.Longest ? took : revocation.Longest;
            revocation.Steps++;
        }

        Sys.CapabilityDelete(source);
        return revocation;
    }
}
