using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>
/// What ending a session costs for each process and for each capability of one, and how long it keeps others waiting at most.
/// Where the clock counts instructions (argument <c>instructions=1</c>) that is held to the bounds that docs/capabilities.md states.
/// </summary>
internal static unsafe class BoundChecks
{
    private const uint Derived = 64;

    // Instructions. About a quarter more than was found.
    private const long MaxBetweenAnswers = 24_000;
    private const long MaxForProcess = 24_000;
    private const long MaxForCapability = 200;

    private struct SessionEnd
    {
        internal long Longest, WorkNs, TookNs, Answers;
    }

    internal static void Run()
    {
        SessionEnd plain = Measure(32, 0);
        SessionEnd loaded = Measure(8, 256);
        long forProcess = plain.WorkNs / 32;
        long forCapability = ((loaded.WorkNs / 8) - forProcess) / 256;
        long longest = plain.Longest > loaded.Longest ? plain.Longest : loaded.Longest;
        Report.Metric("logoutNsPerProcess", plain.TookNs / 32);
        Report.Metric("logoutWorkPerProcess", forProcess);
        Report.Metric("logoutWorkPerCapability", forCapability);
        Report.Metric("logoutLongestGapNs", longest);
        Report.Metric("logoutAnswers", plain.Answers);
        if (Program.CountsInstructions)
        {
            Report.Check(
                plain.Answers > 32, "the calls of others are answered more often than there are processes to end");
            Report.Check(longest <= MaxBetweenAnswers, "a call waits no longer for a logout than for one step of it");
            Report.Check(forProcess <= MaxForProcess, "the end of a process costs no more than is stated");
            Report.Check(forCapability <= MaxForCapability, "the end of a capability costs no more than is stated");
        }
    }

    // So many processes, each with so many capabilities more, log out, and 64 capabilities to the session go.
    private static SessionEnd Measure(uint members, uint capabilities)
    {
        LatencyProbe* pulse = (LatencyProbe*)Memory.Map((ulong)sizeof(LatencyProbe));
        ulong session = Sessions.Create().Value;
        for (uint i = 0; i < members; i++)
        {
            Sys.CapabilityDelete(Sleeper.Plan(session, capabilities).Start().Value);
        }

        for (uint i = 0; i < Derived; i++)
        {
            Sys.CapabilityCopy(session);
        }

        // So that all of them sleep, and nobody else wants the CPU.
        Sys.SleepUntil(Clock.Now() + 20_000_000);
        LatencyProbe.Start(pulse);
        Sys.SleepUntil(Clock.Now() + 1_000_000);
        SessionEnd logout = default;
        logout.Answers = -(long)pulse->Count;
        logout.TookNs = -Clock.Now();
        logout.WorkNs = -(long)Counters.Sum(Counter.KernelNs);
        Sessions.End(session, 1);
        Sessions.Wait(session);
        logout.WorkNs += (long)Counters.Sum(Counter.KernelNs);
        logout.TookNs += Clock.Now();
        logout.Answers += (long)pulse->Count;
        pulse->Stop();
        logout.Longest = pulse->Longest;
        Sys.CapabilityDelete(session);
        return logout;
    }
}
