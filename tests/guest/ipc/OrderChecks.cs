using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Who waits to send is served by priority, then by deadline, then in order of coming.</summary>
internal static unsafe class OrderChecks
{
    private const uint Senders = 7;

    // Both below 100 ms: a later deadline stands as if it were that far away, and so does none.
    private const long Soon = 80_000_000;
    private const long Later = 90_000_000;
    private const long MuchLater = 100_000_000_000;

    private struct Sender
    {
        public IpcBuffer* Buffer;
        public ulong Endpoint;
        public ulong Number;
        public ulong Deadline;
    }

    // On a slow host a deadline may pass before all have been received: then again.
    internal static void Run()
    {
        Sender* senders = (Sender*)Memory.Map(Senders * (ulong)sizeof(Sender));
        byte* buffers = Memory.Map(Senders * IpcBuffer.Bytes);
        ThreadGroup crew = ThreadGroup.Allocate(Senders);
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        for (uint i = 0; i < Senders; i++)
        {
            senders[i].Buffer = (IpcBuffer*)(buffers + (i * IpcBuffer.Bytes));
            senders[i].Endpoint = endpoint;
            senders[i].Number = i;
        }

        ulong served = 0;
        while (served >> (int)(4 * (Senders - 1)) == 0)
        {
            served = Round(senders, &crew, endpoint);
        }

        Report.Check(served == 0x3457216, "senders are served by priority, then by deadline, then as they came");
        Sys.CapabilityDelete(endpoint);
    }

    // Each begins to wait once those before it do. The numbers of those who were served, from 1, a digit each.
    private static ulong Round(Sender* senders, ThreadGroup* crew, ulong endpoint)
    {
        long* deadlines = stackalloc long[(int)Senders] { 0, Later, 0, Soon, Soon, MuchLater, Soon };
        long start = Clock.Now();
        for (uint i = 0; i < Senders; i++)
        {
            senders[i].Deadline = deadlines[i] == 0 ? 0 : (ulong)(start + deadlines[i]);
            crew->Add(&SendOnce, (ulong)&senders[i]);
            ulong thread = crew->Handle(i);
            IpcCalls.SetBuffer(thread, senders[i].Buffer);
            ulong priority = SchedulingLimits.DefaultPriority + (i == 2 ? 1u : 0);
            Sys.ThreadSetScheduling(BootHandle.Policy, thread, SchedulingParameter.Priority, priority);
            Sys.ThreadStart(thread);
            BlockDetection.WaitUntilThreadBlocks(thread);
        }

        ulong served = 0;
        Message message = default;
        message.Tag = MessageTag.NoWait;
        while (IpcCalls.Receive(endpoint, 0, &message) == Error.None)
        {
            served = (served << 4) | (message.Word0 + 1);
            message.Tag = MessageTag.NoWait;
        }

        crew->JoinAll();
        return served;
    }

    private static ulong SendOnce(ulong argument)
    {
        Sender* sender = (Sender*)argument;
        Message message = Message.Of(sender->Number);
        if (sender->Deadline != 0)
        {
            sender->Buffer->Deadline = sender->Deadline;
            message.Tag |= MessageTag.HasDeadline;
        }

        return (ulong)IpcCalls.Send(sender->Endpoint, &message);
    }
}
