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
    private const uint Bell = BootHandle.FirstFree + 2;
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
        Levels before = Levels.Now();
        ulong* afterFirst = stackalloc ulong[] { Killed, Answered + (ulong)Error.BadState, Answered };
        ulong* afterSecond = stackalloc ulong[] { (ulong)Error.NoReply, Killed, Answered + (ulong)Error.BadState };
        ulong* afterThird = stackalloc ulong[] { (ulong)Error.NoReply, (ulong)Error.NoReply, Killed };
        Check(0, afterFirst, "a caller that is ended leaves who serves it alone, up to the answer that nobody waits for");
        Check(1, afterSecond, "with a server that is ended in the middle of a chain its caller learns that no answer comes");
        Check(2, afterThird, "the end of the last of a chain goes up to the first");
        Report.Check(before.ObjectsAreBack(), "nothing of the chains is left behind");
        Report.Check(KernelBooks.StaleEntries() == 0, "and no endpoint, reply object or timer heap names any of them");
    }

    // On one CPU and on several, without and with a deadline for each call.
    private static void Check(int killed, ulong* codes, string what)
    {
        bool right = true;
        for (uint round = 0; round < 4; round++)
        {
            Chain chain;
            Start(&chain, round % 2, round / 2);
            Channel.Wait(chain.Bell);
            right &= Sys.ProcessExit(chain.Processes[killed], Killed) == Error.None;

            // Those before it pass the error on by ending themselves: only then is the third told to answer.
            for (int i = 0; i < killed; i++)
            {
                right &= Sys.ProcessWait(chain.Processes[i]).Value == codes[i];
            }

            right &= Sys.ProcessWait(chain.Processes[killed]).Value == Killed;
            Channel.Signal(chain.Go, 1);
            for (int i = 0; i < Length; i++)
            {
                right &= Spawn.Finish(chain.Processes[i]).Value == codes[i];
                right &= Quiet.IsEndpoint(chain.Endpoints[i]) && Sys.HandleClose(chain.Endpoints[i]) == Error.None;
            }

            Sys.HandleClose(chain.Bell);
            Sys.HandleClose(chain.Go);
        }

        Report.Check(right, what);
    }

    // The first calls the second, which calls the third, which rings the bell and waits before it answers.
    private static void Start(Chain* chain, uint apart, long deadline)
    {
        chain->Bell = Channel.Create(ObjectKind.Notification).Value;
        chain->Go = Channel.Create(ObjectKind.Notification).Value;
        for (int i = 0; i < Length; i++)
        {
            chain->Endpoints[i] = Channel.Create(ObjectKind.Endpoint).Value;
        }

        for (int i = Length - 1; i >= 0; i--)
        {
            Spawn spawn = Spawn.InRole("process-exit", Role);
            spawn.Tell("place", i);
            spawn.Tell("deadline", deadline);
            spawn.CpuMask = 1ul << (int)((uint)i * apart % Program.Cpus);
            spawn.Give(chain->Endpoints[i], Rights.Same, In);
            spawn.Give(chain->Endpoints[i + 1 < Length ? i + 1 : i], Rights.Same, Out);
            spawn.Give(chain->Bell, Rights.Same, Bell);
            spawn.Give(chain->Go, Rights.Same, Go);
            chain->Processes[i] = spawn.Start().Value;
        }
    }

    internal static ulong Live()
    {
        long place = Program.Argument("place", 0);
        ulong reply = Channel.Create(ObjectKind.Reply).Value;
        Message message = Message.Of(7);
        Error error = place == 0 ? Error.None : Channel.Receive(In, reply, &message);
        if (error == Error.None && place < Length - 1)
        {
            SetDeadline(&message);
            error = Channel.Call(Out, &message);
        }
        else if (error == Error.None)
        {
            Channel.Signal(Bell, 1);
            error = Channel.Wait(Go).Error;
        }

        if (error != Error.None || place == 0)
        {
            return (ulong)error;
        }

        message = Message.Of(8);
        return Answered + (ulong)Channel.Reply(reply, &message);
    }

    private static void SetDeadline(Message* message)
    {
        *message = Message.Of(7);
        if (Program.Argument("deadline", 0) == 0)
        {
            return;
        }

        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        Channel.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Deadline = (ulong)(Clock.Now() + Long);
        message->Tag |= MessageTag.HasDeadline;
    }
}
