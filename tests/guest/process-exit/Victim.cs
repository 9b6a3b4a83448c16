using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process with a thread in every state that there is, on every CPU. It ends as <c>how=</c> says.</summary>
internal static unsafe class Victim
{
    internal const long Role = 2;

    /// <summary>What it exits with, if nobody else ends it.</summary>
    internal const ulong OwnCode = 0x0417;

    internal enum How : long
    {
        /// <summary>The first thread ends the process.</summary>
        ByMain,

        /// <summary>Another thread does.</summary>
        BySibling,

        /// <summary>The first thread ends; another one ends the process later.</summary>
        AfterMain,

        /// <summary>It waits to be ended from outside.</summary>
        FromOutside,

        /// <summary>Nobody ends it: all threads come to their end, one of them last.</summary>
        ByLastThread,
    }

    internal static ulong RunRole()
    {
        How how = (How)Program.Argument("how", 0);
        if (how == How.ByLastThread)
        {
            ThreadGroup* few = (ThreadGroup*)Memory.Map((ulong)sizeof(ThreadGroup));
            *few = ThreadGroup.Allocate(4);
            for (uint i = 0; i < 3; i++)
            {
                few->AddAndStart(&SleepAndGive, i);
            }

            few->AddAndStart(&OutliveOthers, (ulong)few);
            return 1;
        }

        ThreadGroup crew = ThreadGroup.Allocate((Program.Cpus * 2) + 14);
        Populate(&crew);
        switch (how)
        {
            case How.ByMain:
                Sys.ProcessExit(BootHandle.Process, OwnCode);
                break;
            case How.BySibling:
                crew.AddAndStart(&ExitProcess, 0);
                Sys.ThreadJoin(crew.Handle(0));
                break;
            case How.AfterMain:
                crew.AddAndStart(&ExitProcess, 300_000);
                break;
            default:
                Sys.SleepUntil(long.MaxValue - 1);
                break;
        }

        return 2;
    }

    private static ulong SleepAndGive(ulong number)
    {
        Sys.SleepUntil(Clock.Now() + ((long)number * 1_000_000));
        return number;
    }

    private static ulong OutliveOthers(ulong crew)
    {
        Sys.ThreadJoin(BootHandle.MainThread);
        for (uint i = 0; i < 3; i++)
        {
            Sys.ThreadJoin(((ThreadGroup*)crew)->Handle(i));
        }

        return OwnCode;
    }

    private static ulong ExitProcess(ulong delay)
    {
        Sys.SleepUntil(Clock.Now() + (long)delay);
        Sys.ProcessExit(BootHandle.Process, OwnCode);
        return 3;
    }

    // Two that spin for each CPU, so that one runs and one is queued; then one of each kind of waiting, and one not started.
    private static void Populate(ThreadGroup* crew)
    {
        ulong* word = (ulong*)Memory.Map(64);
        crew->AddAndStart(&ParkForEver, (ulong)word);
        crew->AddAndStart(&ParkForLong, (ulong)word);
        crew->AddAndStart(&SleepForLong, 0);
        crew->AddAndStart(&JoinFor, crew->Handle(0));
        crew->AddAndStart(&WaitForGrandchild, 0);
        crew->AddAndStart(&CallAllTheTime, (ulong)word);
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        crew->AddAndStart(&SendToNobody, endpoint);
        crew->AddAndStart(&CallNobody, endpoint);
        crew->AddAndStart(&Receive, IpcCalls.CreateObject(ObjectKind.Endpoint).Value);
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ulong timer = Timers.Create().Value;
        Timers.Bind(timer, notification, 1);
        Timers.Set(timer, Clock.Now() + 100_000, 100_000);
        crew->AddAndStart(&WaitForSignals, notification);
        crew->Add(&SleepForLong, 0);
        for (uint i = 0; i < Program.Cpus * 2; i++)
        {
            crew->AddAndStartOn(i % Program.Cpus, &Spin, (ulong)word);
        }
    }

    private static ulong ParkForEver(ulong word) => (ulong)Parking.Park(ref *(ulong*)word, 0);

    private static ulong ParkForLong(ulong word) =>
        (ulong)Parking.Park(ref *(ulong*)word, 0, Clock.Now() + 1_000_000_000_000);

    private static ulong SleepForLong(ulong unused) => (ulong)Sys.SleepUntil(long.MaxValue - 1);

    private static ulong SendToNobody(ulong endpoint)
    {
        Message message = Message.Of(1);
        return (ulong)IpcCalls.Send(endpoint, &message);
    }

    private static ulong CallNobody(ulong endpoint)
    {
        Message message = Message.Of(1);
        return (ulong)IpcCalls.Call(endpoint, &message);
    }

    private static ulong Receive(ulong endpoint)
    {
        Message message = default;
        return (ulong)IpcCalls.Receive(endpoint, IpcCalls.CreateObject(ObjectKind.Reply).Value, &message);
    }

    private static ulong WaitForSignals(ulong notification)
    {
        while (true)
        {
            IpcCalls.Wait(notification);
        }
    }

    private static ulong JoinFor(ulong handle) => Sys.ThreadJoin(handle).Value;

    private static ulong WaitForGrandchild(ulong unused)
    {
        while (true)
        {
            Grandchild.Plan(2000).StartAndWait();
        }
    }

    private static ulong CallAllTheTime(ulong word)
    {
        while (Volatile.Read(ref *(ulong*)word) == 0)
        {
            Sys.Yield();
            Sys.CurrentCpu();
            Parking.Park(ref *(ulong*)word, 1);
        }

        return 0;
    }

    private static ulong Spin(ulong word)
    {
        while (Volatile.Read(ref *(ulong*)word) == 0)
        {
        }

        return 0;
    }
}
