using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A session with processes in every state ends, and what is outside goes on.</summary>
internal static unsafe class SessionEndChecks
{
    private const long Depth = 2;
    private const ulong Members = 7;
    private const ulong Code = 0x0BED;

    internal static void Run()
    {
        ReplyServer* desk = (ReplyServer*)Memory.Map((ulong)sizeof(ReplyServer));
        LatencyProbe* pulse = (LatencyProbe*)Memory.Map((ulong)sizeof(LatencyProbe));
        PoolLevels before = PoolLevels.Read();
        ReplyServer.Open(desk);
        ulong silent = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong session = Sessions.Create().Value;
        ulong outsider = StartOutsider(session);
        SpawnBuilder first = Member.Plan(Depth, desk->Endpoint, silent);
        first.Session = session;
        ulong member = first.Start().Value;
        desk->WaitForHeld(Members);
        Report.Check(Sys.PoolLevel(PoolKind.Processes) == Members + 3, "what a process of a session starts is there");
        LatencyProbe.Start(pulse);
        bool ended = Sessions.End(session, Code) == Error.None;
        SystemResult waited = Sessions.Wait(session);
        ulong answers = pulse->Count;
        pulse->Stop();
        Report.Check(ended && waited.Error == Error.None && waited.Value == Code, "a session ends with the code that it is given");
        Report.Check(answers > 0, "while it ends, the system calls of others are answered");
        Report.Check(SpawnBuilder.WaitAndClose(member).Value == Code, "its processes end with that code");
        Report.Check(Sys.ProcessWait(outsider).Value == Outsider.Code, "capabilities that were derived from its own stop working");
        Report.Check(desk->Answers(), "a server outside goes on");
        Report.Check(desk->Close() == 0, "and finds none of its callers there any more");
        Sys.CapabilityDelete(outsider);
        Sys.CapabilityDelete(silent);
        Sys.CapabilityDelete(session);
        Report.Check(before.WaitUntilObjectsRestored(), "every thread, process, endpoint, notification, reply, timer and session is back");
        Report.Check(KernelConsistency.StaleEntries() == 0, "no queue of any CPU names anything that has ended");
    }

    private static ulong StartOutsider(ulong session)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("session", Outsider.Role);
        spawn.AddCapability(session, Rights.Same, Slots.Session);
        return spawn.Start().Value;
    }
}
