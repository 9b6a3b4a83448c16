using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A thread that faults once, and whose handler is the thread that looks at it.</summary>
internal unsafe struct FaultCase
{
    private ThreadGroup _crew;

    /// <summary>What its faults come to.</summary>
    internal ulong Endpoint;

    /// <summary>What they are answered through.</summary>
    internal ulong Reply;

    /// <summary>Its handle.</summary>
    internal readonly ulong Thread => _crew.Handle(0);

    /// <summary>The thread is made, and its handler set, through that capability, or 0: the endpoint's own.</summary>
    internal static FaultCase Make()
    {
        FaultCase made = default;
        made._crew = ThreadGroup.Allocate(1);
        made.Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        made.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        made._crew.Add(&FaultingThreads.Undefined, 1);
        IpcCalls.SetFaultHandler(made.Thread, made.Endpoint);
        return made;
    }

    /// <summary>It runs, and has faulted soon.</summary>
    internal readonly void Start() => Sys.ThreadStart(Thread);

    /// <summary>The same, and its fault waits for somebody.</summary>
    internal readonly void StartAndWait()
    {
        Start();
        BlockDetection.WaitUntilThreadBlocks(Thread);
    }

    /// <summary>It runs, and its fault has arrived.</summary>
    internal readonly bool StartAndReceive(Message* fault)
    {
        Start();
        return IpcCalls.Receive(Endpoint, Reply, fault) == Error.None && fault->Tag == FaultMessage.Tag;
    }

    /// <summary>Its exit code; what is left is closed.</summary>
    internal ulong End()
    {
        ulong code = _crew.JoinAll();
        Sys.CapabilityDelete(Reply);
        Sys.CapabilityDelete(Endpoint);
        return code;
    }

    /// <summary>Whether it ends as if nobody had handled its fault.</summary>
    internal bool EndsUnhandled() => End() == FaultExitCode.For((uint)Exceptions.InvalidOpcode);
}
