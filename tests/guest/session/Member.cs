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
    internal static Spawn Plan(long depth, ulong desk, ulong silent)
    {
        Spawn spawn = Spawn.InRole("session", Role);
        spawn.Tell("depth", depth);
        spawn.Grants = Grants.Spawn;
        spawn.Give(desk, Rights.Same, Slots.Desk);
        spawn.Give(silent, Rights.Same, Slots.Silent);
        return spawn;
    }

    internal static ulong Live()
    {
        long depth = Program.Argument("depth", 0);
        for (int i = 0; depth > 0 && i < Children; i++)
        {
            Plan(depth - 1, Slots.Desk, Slots.Silent).Start();
        }

        ulong notification = Channel.Create(ObjectKind.Notification).Value;
        ulong timer = Timers.Create().Value;
        Timers.Bind(timer, notification, 1);
        Timers.Set(timer, Clock.Now(), 1_000_000);
        ulong* word = (ulong*)Memory.Map(64);
        Crew crew = Crew.Of(Program.Cpus + 6);
        crew.Run(&Call, Slots.Silent);
        crew.Run(&ReceiveSignals, notification);
        crew.Run(&WaitForSignals, Channel.Create(ObjectKind.Notification).Value);
        crew.Run(&Receive, Channel.Create(ObjectKind.Endpoint).Value);
        crew.Run(&Park, (ulong)word);
        for (uint i = 0; i < Program.Cpus; i++)
        {
            crew.RunOn(i, &Spin, (ulong)word);
        }

        // Last, since whoever counts the callers takes the process for whole then.
        crew.Run(&Call, Slots.Desk);
        Sys.SleepUntil(long.MaxValue - 1);
        return 1;
    }

    private static ulong Call(ulong endpoint)
    {
        Message message = Message.Of(Desk.Hold, 0);
        return (ulong)Channel.Call(endpoint, &message);
    }

    private static ulong ReceiveSignals(ulong notification)
    {
        while (true)
        {
            Channel.Wait(notification);
        }
    }

    private static ulong WaitForSignals(ulong notification) => Channel.Wait(notification).Value;

    private static ulong Receive(ulong endpoint)
    {
        Message message = default;
        return (ulong)Channel.Receive(endpoint, Channel.Create(ObjectKind.Reply).Value, &message);
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
