using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>How long ending a session takes, and keeps others waiting. Figures of instructions where the clock counts those; checked
/// as such by who runs the smoke.</summary>
internal static unsafe class BoundChecks
{
    private const uint Members = 32;
    private const uint Derived = 64;

    internal static void Run()
    {
        Pulse* pulse = (Pulse*)Memory.Map((ulong)sizeof(Pulse));
        ulong session = Sessions.Create().Value;
        for (uint i = 0; i < Members; i++)
        {
            Sys.HandleClose(Sleeper.Plan(session).Start().Value);
        }

        for (uint i = 0; i < Derived; i++)
        {
            Sys.CapabilityCopy(session);
        }

        // So that all of them sleep, and nobody else wants the CPU.
        Sys.SleepUntil(Clock.Now() + 20_000_000);
        Pulse.Start(pulse);
        Sys.SleepUntil(Clock.Now() + 1_000_000);
        ulong before = pulse->Count;
        long began = Clock.Now();
        Sessions.End(session, 1);
        Sessions.Wait(session);
        long took = Clock.Now() - began;
        ulong answers = pulse->Count - before;
        pulse->Stop();
        Report.Metric("logoutNsPerProcess", took / Members);
        Report.Metric("logoutLongestGapNs", pulse->Longest);
        Report.Metric("logoutAnswers", (long)answers);
        Report.Check(answers > Members, "the calls of others are answered more often than there are processes to end");
        Sys.HandleClose(session);
    }
}
