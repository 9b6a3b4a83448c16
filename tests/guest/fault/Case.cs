using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A thread that faults once, and whose handler is the thread that looks at it.</summary>
internal unsafe struct Case
{
    private Crew _crew;

    /// <summary>What its faults come to.</summary>
    internal ulong Endpoint;

    /// <summary>What they are answered through.</summary>
    internal ulong Reply;

    /// <summary>Its handle.</summary>
    internal readonly ulong Thread => _crew.Handle(0);

    /// <summary>The thread is made, and its handler set, through that capability, or 0: the endpoint's own.</summary>
    internal static Case Make()
    {
        Case made = default;
        made._crew = Crew.Of(1);
        made.Endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        made.Reply = Channel.Create(ObjectKind.Reply).Value;
        made._crew.Add(&Faulty.Undefined, 1);
        Channel.SetFaultHandler(made.Thread, made.Endpoint);
        return made;
    }

    /// <summary>It runs, and has faulted soon.</summary>
    internal readonly void Start() => Sys.ThreadStart(Thread);

    /// <summary>The same, and its fault waits for somebody.</summary>
    internal readonly void StartAndWait()
    {
        Start();
        Blocking.AwaitThread(Thread);
    }

    /// <summary>It runs, and its fault has arrived.</summary>
    internal readonly bool StartAndReceive(Message* fault)
    {
        Start();
        return Channel.Receive(Endpoint, Reply, fault) == Error.None && fault->Tag == FaultMessage.Tag;
    }

    /// <summary>Its exit code; what is left is closed.</summary>
    internal ulong End()
    {
        ulong code = _crew.Join();
        Sys.HandleClose(Reply);
        Sys.HandleClose(Endpoint);
        return code;
    }

    /// <summary>Whether it ends as if nobody had handled its fault.</summary>
    internal bool EndsUnhandled() => End() == FaultExitCode.For((uint)Exceptions.InvalidOpcode);
}
