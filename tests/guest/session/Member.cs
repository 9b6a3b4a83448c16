using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A process with a thread in every kind of wait, and one that spins on every CPU; it starts two others, as deep as it is
/// told.</summary>
internal static unsafe class Member
{
    internal const long Role = 2;

    private const int Children = 2;

    /// <summary>The process, to be started: with all below it, there are 2^(depth+1) - 1, of which each holds one caller at the
    /// desk.</summary>
    internal static SpawnBuilder Plan(long depth, ulong desk, ulong silent)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("session", Role);
        spawn.AddArgument("depth", depth);
        spawn.Grants = Grants.Spawn;
        spawn.AddCapability(desk, Rights.Same, Slots.Desk);
        spawn.AddCapability(silent, Rights.Same, Slots.Silent);
        return spawn;
    }

    internal static ulong RunRole()
    {
        long depth = Program.Argument("depth", 0);
        for (int i = 0; depth > 0 && i < Children; i++)
        {
            Plan(depth - 1, Slots.Desk, Slots.Silent).Start();
        }

        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ulong timer = Timers.Create().Value;
        Timers.Bind(timer, notification, 1);
        Timers.Set(timer, Clock.Now(), 1_000_000);
        ulong* word = (ulong*)Memory.Map(64);
        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus + 6);
        crew.AddAndStart(&Call, Slots.Silent);
        crew.AddAndStart(&ReceiveSignals, notification);
        crew.AddAndStart(&WaitForSignals, IpcCalls.CreateObject(ObjectKind.Notification).Value);
        crew.AddAndStart(&Receive, IpcCalls.CreateObject(ObjectKind.Endpoint).Value);
        crew.AddAndStart(&Park, (ulong)word);
        for (uint i = 0; i < Program.Cpus; i++)
        {
            crew.AddAndStartOn(i, &Spin, (ulong)word);
        }

        // Last, since whoever counts the callers takes the process for whole then.
        crew.AddAndStart(&Call, Slots.Desk);
        Sys.SleepUntil(long.MaxValue - 1);
        return 1;
    }

    private static ulong Call(ulong endpoint)
    {
        Message message = Message.Of(ReplyServer.Hold, 0);
        return (ulong)IpcCalls.Call(endpoint, &message);
    }

    private static ulong ReceiveSignals(ulong notification)
    {
        while (true)
        {
            IpcCalls.Wait(notification);
        }
    }

    private static ulong WaitForSignals(ulong notification) => IpcCalls.Wait(notification).Value;

    private static ulong Receive(ulong endpoint)
    {
        Message message = default;
        return (ulong)IpcCalls.Receive(endpoint, IpcCalls.CreateObject(ObjectKind.Reply).Value, &message);
    }

    private static ulong Park(ulong word) => (ulong)Parking.Park(ref *(ulong*)word, 0);

    private static ulong Spin(ulong word)
    {
        while (Volatile.Read(ref *(ulong*)word) == 0)
        {
        }

        return 0;
    }
}
