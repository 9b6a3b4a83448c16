using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Faults that nobody answers: the thread ends, whatever the reason, and nothing waits for ever.</summary>
internal static unsafe class EndChecks
{
    internal static void Run()
    {
        CheckHandlers();
        CheckEndpoints();
        CheckReplies();
        CheckKills();
        CheckDeadHandler();
    }

    private static void CheckHandlers()
    {
        var none = FaultCase.Make();
        IpcCalls.SetFaultHandler(none.Thread, 0);
        none.Start();
        Report.Check(none.EndsUnhandled(), "a thread whose handler was cleared ends");
        var revoked = FaultCase.Make();
        ulong derived = Sys.CapabilityCopy(revoked.Endpoint).Value;
        IpcCalls.SetFaultHandler(revoked.Thread, derived);
        Sys.CapabilityRevoke(revoked.Endpoint);
        revoked.Start();
        Report.Check(revoked.EndsUnhandled(), "one whose handler's capability was revoked ends");
        var late = FaultCase.Make();
        derived = Sys.CapabilityCopy(late.Endpoint).Value;
        IpcCalls.SetFaultHandler(late.Thread, derived);
        late.StartAndWait();
        Sys.CapabilityRevoke(late.Endpoint);
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool nothing = IpcCalls.Receive(late.Endpoint, late.Reply, &message) == Error.WouldBlock;
        Report.Check(late.EndsUnhandled() && nothing, "a fault that waits through a revoked capability is not delivered");
    }

    private static void CheckEndpoints()
    {
        var gone = FaultCase.Make();
        Sys.CapabilityDelete(gone.Endpoint);
        gone.Start();
        Report.Check(gone.EndsUnhandled(), "a thread whose endpoint is gone ends");
        var going = FaultCase.Make();
        going.StartAndWait();
        Sys.CapabilityDelete(going.Endpoint);
        Report.Check(going.EndsUnhandled(), "with its endpoint a fault that waits there is unhandled");
    }

    private static void CheckReplies()
    {
        var dropped = FaultCase.Make();
        Message fault;
        bool received = dropped.StartAndReceive(&fault);
        Sys.CapabilityDelete(dropped.Reply);
        Report.Check(dropped.EndsUnhandled() && received, "with the last reply capability the fault is unhandled");
        var unbound = FaultCase.Make();
        unbound.StartAndWait();
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool nothing = IpcCalls.Receive(unbound.Endpoint, 0, &message) == Error.WouldBlock;
        Report.Check(unbound.EndsUnhandled() && nothing, "who receives without a reply object handles no faults");
    }

    private static void CheckKills()
    {
        var waiting = FaultCase.Make();
        waiting.StartAndWait();
        bool killed = Sys.ThreadKill(waiting.Thread, 77) == Error.None;
        Report.Check(waiting.End() == 77 && killed, "a thread is killed while its fault waits");
        var called = FaultCase.Make();
        Message fault;
        killed = called.StartAndReceive(&fault) && Sys.ThreadKill(called.Thread, 78) == Error.None;
        FaultHandler.Reply(&fault, FaultReplyAction.Resume, 0);
        killed &= IpcCalls.Reply(called.Reply, &fault) == Error.BadState;
        Report.Check(called.End() == 78 && killed, "a thread is killed while its handler is at work, which answers nobody then");
    }

    // A process that has received the fault ends.
    private static void CheckDeadHandler()
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        SpawnBuilder spawn = SpawnBuilder.ForRole("fault", FaultHandler.Role);
        spawn.AddCapability(endpoint, Rights.Read, FaultHandler.EndpointSlot);
        ulong handler = spawn.Start().Value;
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.Add(&FaultingThreads.Undefined, ulong.MaxValue);
        IpcCalls.SetFaultHandler(crew.Handle(0), endpoint);
        Sys.ThreadStart(crew.Handle(0));
        Sys.SleepUntil(Clock.Now() + 2_000_000);
        Sys.ProcessExit(handler, 7);
        SpawnBuilder.WaitAndClose(handler);

        // It faults on and on: if the fault was not in the handler's hands just then, it waits for the next.
        Sys.CapabilityDelete(endpoint);
        bool ended = crew.JoinAll() == FaultExitCode.For((uint)Exceptions.InvalidOpcode);
        Report.Check(ended, "with its handler's process the thread ends");
    }
}
