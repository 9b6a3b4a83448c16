using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>
/// How a smoke runs: the process that the manifest starts starts its program once more, as the trial, which makes the
/// checks. When that process has ended, whatever its checks did, every thread, process and page must be back.
/// </summary>
public static unsafe class IsolatedTest
{
    /// <summary>The role of the process that makes the checks. Programs may use greater ones for processes of their
    /// own.</summary>
    public const long ChildRole = 1;

    // The trial's exit code when it came to its end; the number of failed checks is added.
    private const ulong CompletedCode = 0x600D_0000;

    /// <summary>The role that this process was started in; 0: by the manifest.</summary>
    public static long OwnRole => Program.Argument("role", 0);

    /// <summary>Runs <paramref name="checks"/> in the trial; in the first process, runs the trial and gives the
    /// verdict.</summary>
    public static ulong Run(string program, delegate*<void> checks)
    {
        if (OwnRole == ChildRole)
        {
            checks();
            return CompletedCode + (ulong)Report.FailedChecks;
        }

        PoolLevels before = PoolLevels.Read();
        SpawnBuilder spawn = SpawnBuilder.ForRole(program, ChildRole);
        spawn.Grants = Grants.Log | Grants.Report | Grants.Spawn | Grants.Machine | Grants.Policy;
        spawn.Argument.Add(" ");
        for (uint i = 0; i < Program.Start->ArgumentLength; i++)
        {
            spawn.Argument.AddByte(Program.Start->Argument[i]);
        }

        SystemResult ended = spawn.StartAndWait();
        Report.Check(
            ended.Error == Error.None && ended.Value == CompletedCode,
            "the trial came to its end with no failed check");
        Report.Check(before.WaitUntilRestored(), "every thread, process and page is back after the trial");
        Report.Finish(true, "ok");
        return 0;
    }
}
