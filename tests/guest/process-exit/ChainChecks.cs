using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that is ended in the middle of a chain of calls, first -> second -> third, whichever of the three it
/// is. The others go on: who waits for an answer learns that none comes, who answers that nobody waits.</summary>
internal static unsafe class ChainChecks
{
    internal const long Role = 5;

    private const int Length = 3;
    private const uint In = BootHandle.FirstFree;
    private const uint Out = BootHandle.FirstFree + 1;
    private const uint ReadyNotification = BootHandle.FirstFree + 2;
    private const uint Go = BootHandle.FirstFree + 3;
    private const ulong Killed = 0x0777;

    // Above the error that answering gave.
    private const ulong Answered = 0x0500;

    // Nothing that is waited for until then takes that long: a minute is longer than a smoke may take.
    private const long Long = 1_000_000_000_000_000;

    private struct Chain
    {
        internal ulong Bell;
        internal ulong Go;
        internal fixed ulong Endpoints[Length];
        internal fixed ulong Processes[Length];
    }

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        ulong* afterFirst = stackalloc ulong[] { Killed, Answered + (ulong)Error.BadState, Answered };
        ulong* afterSecond = stackalloc ulong[] { (ulong)Error.NoReply, Killed, Answered + (ulong)Error.BadState };
        ulong* afterThird = stackalloc ulong[] { (ulong)Error.NoReply, (ulong)Error.NoReply, Killed };
        Check(0, afterFirst, "a caller that is ended leaves who serves it alone, up to the answer that nobody waits for");
        Check(1, afterSecond, "with a server that is ended in the middle of a chain its caller learns that no answer comes");
        Check(2, afterThird, "the end of the last of a chain goes up to the first");
        Report.Check(before.WaitUntilObjectsRestored(), "nothing of the chains is left behind");
        Report.Check(KernelConsistency.StaleEntries() == 0, "and no endpoint, reply object or timer heap names any of them");
    }

    // On one CPU and on several, without and with a deadline for each call.
    private static void Check(int killed, ulong* codes, string what)
    {
        bool right = true;
        for (uint round = 0; round < 4; round++)
        {
            Chain chain;
            Start(&chain, round % 2, round / 2);
            IpcCalls.Wait(chain.Bell);
            right &= Sys.ProcessExit(chain.Processes[killed], Killed) == Error.None;

            // Those before it pass the error on by ending themselves: only then is the third told to answer.
            for (int i = 0; i < killed; i++)
            {
                right &= Sys.ProcessWait(chain.Processes[i]).Value == codes[i];
            }

            right &= Sys.ProcessWait(chain.Processes[killed]).Value == Killed;
            IpcCalls.Signal(chain.Go, 1);
            for (int i = 0; i < Length; i++)
            {
                right &= SpawnBuilder.WaitAndClose(chain.Processes[i]).Value == codes[i];
                right &= NoWaiters.AtEndpoint(chain.Endpoints[i]) && Sys.CapabilityDelete(chain.Endpoints[i]) == Error.None;
            }

            Sys.CapabilityDelete(chain.Bell);
            Sys.CapabilityDelete(chain.Go);
        }

        Report.Check(right, what);
    }

    // The first calls the second, which calls the third, which rings the bell and waits before it answers.
    private static void Start(Chain* chain, uint apart, long deadline)
    {
        chain->Bell = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        chain->Go = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        for (int i = 0; i < Length; i++)
        {
            chain->Endpoints[i] = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        }

        for (int i = Length - 1; i >= 0; i--)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Role);
            spawn.AddArgument("place", i);
            spawn.AddArgument("deadline", deadline);
            spawn.CpuMask = 1ul << (int)((uint)i * apart % Program.Cpus);
            spawn.AddCapability(chain->Endpoints[i], Rights.Same, In);
            spawn.AddCapability(chain->Endpoints[i + 1 < Length ? i + 1 : i], Rights.Same, Out);
            spawn.AddCapability(chain->Bell, Rights.Same, ReadyNotification);
            spawn.AddCapability(chain->Go, Rights.Same, Go);
            chain->Processes[i] = spawn.Start().Value;
        }
    }

    internal static ulong RunRole()
    {
        long place = Program.Argument("place", 0);
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Message message = Message.Of(7);
        Error error = place == 0 ? Error.None : IpcCalls.Receive(In, reply, &message);
        if (error == Error.None && place < Length - 1)
        {
            SetDeadline(&message);
            error = IpcCalls.Call(Out, &message);
        }
        else if (error == Error.None)
        {
            IpcCalls.Signal(ReadyNotification, 1);
            error = IpcCalls.Wait(Go).Error;
        }

        if (error != Error.None || place == 0)
        {
            return (ulong)error;
        }

        message = Message.Of(8);
        return Answered + (ulong)IpcCalls.Reply(reply, &message);
    }

    private static void SetDeadline(Message* message)
    {
        *message = Message.Of(7);
        if (Program.Argument("deadline", 0) == 0)
        {
            return;
        }

        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Deadline = (ulong)(Clock.Now() + Long);
        message->Tag |= MessageTag.HasDeadline;
    }
}
