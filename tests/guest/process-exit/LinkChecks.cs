using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>Threads that are killed or suspended in the middle of a chain of calls while their process lives: what they had not
/// answered yet, others of the process can.</summary>
internal static unsafe class LinkChecks
{
    private const uint Length = 6;
    private const ulong Code = 0x0DED;
    private const ulong Asked = 40;

    /// <summary>A thread that receives, calls the next, and passes the answer on. The first only calls.</summary>
    private struct Link
    {
        internal ulong In;
        internal ulong Out;
        internal ulong Reply;
    }

    internal static void Run()
    {
        Link* links = (Link*)Memory.Map((Length + 1) * (ulong)sizeof(Link));
        ThreadGroup crew = ThreadGroup.Allocate(Length);
        PoolLevels before = PoolLevels.Read();
        for (uint i = 0; i <= Length; i++)
        {
            links[i].In = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
            links[i].Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        }

        for (uint i = 0; i < Length; i++)
        {
            links[i].Out = links[i + 1].In;
        }

        CheckWhole(&crew, links);
        CheckKilled(&crew, links);
        CheckSuspended(&crew, links);
        CheckDropped(&crew, links);
        Report.Check(KernelConsistency.StaleEntries() == 0, "no endpoint or reply object names a link that has ended");
        for (uint i = 0; i <= Length; i++)
        {
            Sys.CapabilityDelete(links[i].In);
            Sys.CapabilityDelete(links[i].Reply);
        }

        Report.Check(before.WaitUntilObjectsRestored(), "and none of the chain's objects is left");
    }

    private static void CheckWhole(ThreadGroup* crew, Link* links)
    {
        bool right = Form(crew, links) && Answer(links, Length) == Error.None;
        Report.Check(right && crew->JoinAll() == Length * Asked + Sum(Length), "an answer comes back through a chain of calls over all CPUs");
    }

    // The caller of the killed one goes on waiting until somebody answers for that.
    private static void CheckKilled(ThreadGroup* crew, Link* links)
    {
        const uint killed = 3;
        bool right = Form(crew, links) && Sys.ThreadKill(crew->Handle(killed), Code) == Error.None
            && Sys.ThreadJoin(crew->Handle(killed)).Value == Code;

        // Those behind it have not noticed: their answer goes up to where nobody waits any more.
        right &= Answer(links, Length) == Error.None;
        for (uint i = killed + 2; i < Length; i++)
        {
            right &= Sys.ThreadJoin(crew->Handle(i)).Value == Asked + Length - i;
        }

        right &= Sys.ThreadJoin(crew->Handle(killed + 1)).Value == (ulong)Error.BadState;
        right &= Answer(links, killed) == Error.None && Answer(links, killed) == Error.BadState;
        ulong rest = Code + (ulong)Error.BadState + ((Length - 2) * Asked) + Sum(killed) + Sum(Length - killed - 2);
        Report.Check(right && crew->JoinAll() == rest, "for a thread that is killed in a chain of calls another one of its process can answer");
    }

    private static void CheckSuspended(ThreadGroup* crew, Link* links)
    {
        const uint suspended = 3;
        bool right = Form(crew, links) && Sys.ThreadSuspend(crew->Handle(suspended)) == Error.None;
        right &= Answer(links, Length) == Error.None;
        right &= Sys.ThreadJoin(crew->Handle(suspended + 1)).Value == Asked + Length - suspended - 1;

        // It is answered, and does not pass that on: the call that it has to answer can be answered for it.
        right &= Answer(links, suspended) == Error.None && Sys.ThreadJoin(crew->Handle(0)).Value == Asked + suspended;
        right &= Sys.ThreadResume(crew->Handle(suspended)) == Error.None
            && Sys.ThreadJoin(crew->Handle(suspended)).Value == (ulong)Error.BadState;
        crew->JoinAll();
        Report.Check(right, "one that is suspended there answers when it is resumed, if nobody has by then");
    }

    // Without the reply object there is no answer, at any length of the chain.
    private static void CheckDropped(ThreadGroup* crew, Link* links)
    {
        bool right = Form(crew, links) && Sys.CapabilityDelete(links[Length].Reply) == Error.None;
        right &= crew->JoinAll() == Length * (ulong)Error.NoReply;
        links[Length].Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Report.Check(right, "a reply object that goes is felt by every link, up to the first");
    }

    // All links wait, each on a CPU of its own as far as there are enough, and this thread has the last call.
    private static bool Form(ThreadGroup* crew, Link* links)
    {
        for (uint i = 0; i < Length; i++)
        {
            crew->AddAndStartOn(i % Program.Cpus, i == 0 ? &CallFirst : &PassOn, (ulong)&links[i]);
        }

        Message message = default;
        return IpcCalls.Receive(links[Length].In, links[Length].Reply, &message) == Error.None && message.Word0 == Asked;
    }

    private static Error Answer(Link* links, uint link)
    {
        Message message = Message.Of(Asked);
        return IpcCalls.Reply(links[link].Reply, &message);
    }

    // Each link adds one to the answer: what so many of them, from the last one up, add to the sum of all codes.
    private static ulong Sum(ulong links) => links * (links + 1) / 2;

    private static ulong CallFirst(ulong argument)
    {
        Link* link = (Link*)argument;
        Message message = Message.Of(Asked);
        Error error = IpcCalls.Call(link->Out, &message);
        return error == Error.None ? message.Word0 + 1 : (ulong)error;
    }

    private static ulong PassOn(ulong argument)
    {
        Link* link = (Link*)argument;
        Message message = default;
        Error error = IpcCalls.Receive(link->In, link->Reply, &message);
        if (error == Error.None)
        {
            error = IpcCalls.Call(link->Out, &message);
        }

        if (error != Error.None)
        {
            // Nobody will answer through it: it goes, so that its caller learns that.
            Sys.CapabilityDelete(link->Reply);
            link->Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
            return (ulong)error;
        }

        ulong answer = message.Word0 + 1;
        message = Message.Of(answer);
        error = IpcCalls.Reply(link->Reply, &message);
        return error == Error.None ? answer : (ulong)error;
    }
}
