using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>A process can do what it was granted, and can pass on nothing else.</summary>
internal static unsafe class GrantChecks
{
    private const Grants All = Grants.Log | Grants.Report | Grants.Spawn | Grants.Machine;

    internal static void Run()
    {
        bool right = true;
        for (uint grants = 0; grants <= (uint)All; grants++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.TryHandles);
            spawn.Grants = (Grants)grants;
            SystemResult ended = spawn.StartAndWait();
            right &= ended.Error == Error.None && ended.Value == Expected((Grants)grants);
        }

        Report.Check(right, "a process has the handles that were granted, and the others are stale");
        Report.Check(ErrorOf(Grants.Spawn, All, 1) == Error.StaleHandle, "grants that the caller lacks give StaleHandle");
        Report.Check(
            ErrorOf(Grants.Spawn, Grants.Spawn | (Grants)0x0800_0000, 1) == Error.StaleHandle,
            "grants that do not exist give StaleHandle");
        Report.Check(
            ErrorOf(Grants.Spawn | Grants.Log, Grants.Log, 1) == Error.None,
            "grants that the caller has are passed on");
        if (Program.Cpus > 1)
        {
            Report.Check(
                ErrorOf(Grants.Spawn, Grants.None, 2) == Error.NotPermitted,
                "CPUs that the caller lacks give NotPermitted");
            Report.Check(
                ErrorOf(Grants.Spawn, Grants.None, 3) == Error.NotPermitted,
                "even together with those that it has");
        }
    }

    // What the child's calls give: success or the error that comes after the handle was found good.
    private static ulong Expected(Grants grants)
    {
        ulong log = (grants & Grants.Log) != 0 ? 0 : (ulong)Error.StaleHandle;
        ulong report = (grants & Grants.Report) != 0 ? (ulong)Error.BadAddress : (ulong)Error.StaleHandle;
        ulong spawn = (grants & Grants.Spawn) != 0 ? (ulong)Error.BadArgument : (ulong)Error.StaleHandle;
        ulong machine = (grants & Grants.Machine) != 0 ? 0 : (ulong)Error.StaleHandle;
        return log | report << 8 | spawn << 16 | machine << 24;
    }

    // The error of a child, on CPU 0 with certain grants, that spawns one of its own.
    private static Error ErrorOf(Grants own, Grants wanted, long mask)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.SpawnMore);
        spawn.Grants = own;
        spawn.CpuMask = 1;
        spawn.AddArgument("grants", (long)(uint)wanted);
        spawn.AddArgument("mask", mask);
        return (Error)spawn.StartAndWait().Value;
    }
}
