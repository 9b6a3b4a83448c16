using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that is ended in the middle of a chain of calls, first -> second -> third, whichever of the three it
/// is.</summary>
internal static unsafe class ChainChecks
{
    internal const long Role = 5;

    private const int Length = 3;
    private const ulong In = BootHandle.FirstFree;
    private const ulong Out = BootHandle.FirstFree + 1;
    private const ulong Bell = BootHandle.FirstFree + 2;
    private const ulong Killed = 0x0777;
    private const ulong Unknown = 0x0100;

    internal static void Run()
    {
        Levels before = Levels.Now();
        Check(0, "a caller that is ended leaves who serves it alone");
        Check(1, "with a server that is ended in the middle of a chain its caller learns that no answer comes");
        Check(2, "the end of the last of a chain goes up to the first");
        Report.Check(before.ObjectsAreBack(), "nothing of the chains is left behind");
    }

    // The first calls the second, which calls the third, which rings the bell and does not answer.
    private static void Check(int killed, string what)
    {
        ulong bell = Channel.Create(ObjectKind.Notification).Value;
        ulong* endpoints = stackalloc ulong[Length];
        ulong* processes = stackalloc ulong[Length];
        for (int i = 0; i < Length; i++)
        {
            endpoints[i] = Channel.Create(ObjectKind.Endpoint).Value;
        }

        for (int i = Length - 1; i >= 0; i--)
        {
            Spawn spawn = Spawn.InRole("process-exit", Role);
            spawn.Tell("place", i);
            spawn.Give(endpoints[i], Rights.Same, (uint)In);
            spawn.Give(endpoints[i + 1 < Length ? i + 1 : i], Rights.Same, (uint)Out);
            spawn.Give(bell, Rights.Same, (uint)Bell);
            processes[i] = spawn.Start().Value;
        }

        Channel.Wait(bell);
        Sys.ProcessExit(processes[killed], Killed);
        bool right = true;
        for (int i = 0; i < killed; i++)
        {
            // Each that stands before the ended one passes the error on by ending itself.
            right &= Sys.ProcessWait(processes[i]).Value == (ulong)Error.NoReply;
        }

        right &= Sys.ProcessWait(processes[killed]).Value == Killed;
        for (int i = killed + 1; i < Length; i++)
        {
            // Those behind it wait on, as if nothing had happened, until they are ended too.
            right &= Sys.ProcessExit(processes[i], Unknown) == Error.None && Sys.ProcessWait(processes[i]).Value == Unknown;
        }

        for (int i = 0; i < Length; i++)
        {
            Sys.HandleClose(processes[i]);
            Sys.HandleClose(endpoints[i]);
        }

        Sys.HandleClose(bell);
        Report.Check(right, what);
    }

    internal static ulong Live()
    {
        long place = Program.Argument("place", 0);
        Message message = Message.Of(7);
        if (place != 0)
        {
            Error received = Channel.Receive(In, Channel.Create(ObjectKind.Reply).Value, &message);
            if (received != Error.None)
            {
                return (ulong)received;
            }
        }

        if (place == Length - 1)
        {
            Channel.Signal(Bell, 1);
            Sys.SleepUntil(long.MaxValue - 1);
        }

        return (ulong)Channel.Call(Out, &message);
    }
}
