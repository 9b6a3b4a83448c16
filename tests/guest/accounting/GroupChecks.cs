using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>Thread, process, service, session and machine: each is the sum of what it holds, the dead included.</summary>
internal static unsafe class GroupChecks
{
    private const uint Members = 3;

    internal static void Run()
    {
        CheckOneProcess();
        CheckThreads();
        CheckMachine();
    }

    // Alone on its CPU, all that the CPU counts is the process's.
    private static void CheckOneProcess()
    {
        bool time = true;
        bool counts = true;
        for (uint cpu = 1; cpu < Program.Cpus; cpu++)
        {
            LedgerSum before = Meter.Counted(cpu, 1);
            ulong process = BusyProcess.Start(cpu);
            Sys.ProcessWait(process);
            LedgerSum after = Meter.Counted(cpu, 1);
            LedgerSum ledger = Meter.OfProcess(process);
            Sys.CapabilityDelete(process);
            time &= ledger.RuntimeNs == after.RuntimeNs - before.RuntimeNs && ledger.RuntimeNs != 0;
            counts &= ledger.Switches == after.Switches - before.Switches
                && ledger.Preemptions == after.Preemptions - before.Preemptions
                && ledger.VoluntaryBlocks == after.VoluntaryBlocks - before.VoluntaryBlocks
                && ledger.Yields == after.Yields - before.Yields
                && ledger.Migrations == 0;
        }

        Report.Check(time, "a process alone on a CPU has used what that CPU charged to threads, to the nanosecond");
        Report.Check(counts, "its switches, preemptions, blocks and yields are those that the CPU counted");
    }

    private static void CheckThreads()
    {
        ThreadGroup crew = ThreadGroup.Allocate(Members);
        OthersOfProcess(out long leastBefore, out long mostBefore);
        for (uint i = 0; i < Members; i++)
        {
            crew.AddAndStartOn(Program.Cpus - 1, &Work, 0);
        }

        long ended = 0;
        for (uint i = 0; i < Members; i++)
        {
            Sys.ThreadJoin(crew.Handle(i));
            ended += (long)Meter.Of(crew.Handle(i)).Sum.RuntimeNs;
        }

        OthersOfProcess(out long leastHeld, out long mostHeld);
        crew.JoinAll();
        OthersOfProcess(out long leastGone, out long mostGone);
        Report.Check(
            ended >= leastHeld - mostBefore && ended <= mostHeld - leastBefore,
            "a process has used what its threads have, those that have ended too");
        Report.Check(
            ended >= leastGone - mostBefore && ended <= mostGone - leastBefore,
            "and those that nobody holds any more");
    }

    // What the others of this process have used: its sum less the caller's own, which moves from reading to reading, and so is
    // read on either side. Signed: on a busy host it may move by more than the others have used.
    private static void OthersOfProcess(out long least, out long most)
    {
        long ownBefore = (long)Meter.Of(BootHandle.MainThread).Sum.RuntimeNs;
        long process = (long)Meter.OfProcess(BootHandle.Process).RuntimeNs;
        long ownAfter = (long)Meter.Of(BootHandle.MainThread).Sum.RuntimeNs;
        least = process - ownAfter;
        most = process - ownBefore;
    }

    private static void CheckMachine()
    {
        ulong before = Meter.Counted(0, Program.Cpus).RuntimeNs;
        Error error = Ledgers.OfSession(0, out LedgerReading session);
        ulong between = Meter.Counted(0, Program.Cpus).RuntimeNs;
        Error serviceError = Ledgers.OfService(0, out LedgerReading service);
        ulong after = Meter.Counted(0, Program.Cpus).RuntimeNs;
        Report.Check(
            error == Error.None && serviceError == Error.None
                && session.Sum.RuntimeNs >= before && session.Sum.RuntimeNs <= between
                && service.Sum.RuntimeNs >= between && service.Sum.RuntimeNs <= after,
            "with all in one session and one service, either has used what the CPUs charged since boot");
    }

    private static ulong Work(ulong argument)
    {
        Meter.Spin(1_500_000);
        Sys.Yield();
        return argument;
    }
}
