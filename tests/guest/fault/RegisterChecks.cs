using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A thread that goes on after a fault finds every register as it was.</summary>
internal static unsafe class RegisterChecks
{
    private const int Rounds = 100;
    private const int General = 16;
    private const int FlagsPlace = 15;
    private const int PointerPlace = 13;
    private const int ValuePlace = 12;

    // Carry, parity, adjust, zero, sign, overflow; direction; identification. Interrupts, and a bit that is always set.
    private const ulong ChosenFlags = 0x8D5 | 0x400 | (1 << 21);
    private const ulong FixedFlags = 0x202;

    /// <summary>As boot/stubs/TestStubs.cs has it: rax, rcx, rdx, rbp, rsi, rdi, r8..r15, rbx, flags, xmm0..xmm15.</summary>
    private struct Frame
    {
        internal fixed ulong Before[48];
        internal fixed ulong After[48];
        internal ulong StackBefore, StackAfter;
    }

    private struct Job
    {
        internal ulong General, Flags, Vector, Stack, Stored;
    }

    internal static void Run()
    {
        CheckFrom(0, 0);
        if (Program.Cpus > 1)
        {
            CheckFrom(0, 1);
        }
    }

    private static void CheckFrom(uint cpu, uint menderCpu)
    {
        FaultHandler* mender = (FaultHandler*)Memory.Map((ulong)sizeof(FaultHandler));
        Job* job = (Job*)Memory.Map((ulong)sizeof(Job));
        FaultHandler.Start(mender, menderCpu, writesOver: true);
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.Add(&FaultWithAll, (ulong)job);
        Sys.ThreadSetAffinity(crew.Handle(0), 1ul << (int)cpu);
        IpcCalls.SetFaultHandler(crew.Handle(0), mender->Endpoint);
        Sys.ThreadStart(crew.Handle(0));
        bool ended = crew.JoinAll() == FaultingThreads.Done;
        Report.Check(ended && mender->Count == 2 * Rounds, "a thread goes on at the instruction that faulted, and behind it");
        Report.Check(job->General == 0, "all general registers are what they were before the fault");
        Report.Check(job->Stack == 0, "so is the stack pointer");
        Report.Check(job->Flags == 0, "so are the flags");
        Report.Check(job->Vector == 0, "so are the vector registers");
        Report.Check(job->Stored == Rounds, "and the instruction has done its work once there was a page");
        mender->Stop();
    }

    // Adds up, kind by kind, how many registers have changed.
    private static ulong FaultWithAll(ulong argument)
    {
        Job* job = (Job*)argument;
        Random random = new(1);
        Frame frame;
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < 48; i++)
            {
                frame.Before[i] = random.Next();
                frame.After[i] = 0;
            }

            // The handler makes the next mapping, behind the page that follows this one.
            ulong* missing = (ulong*)(Memory.Map(1) + (2 * UserLayout.PageSize));
            frame.Before[PointerPlace] = (ulong)missing;
            frame.Before[FlagsPlace] = (frame.Before[FlagsPlace] & ChosenFlags) | FixedFlags;
            Stubs.FaultRegisters((ulong*)&frame);
            job->Stored += *missing == frame.Before[ValuePlace] ? 1ul : 0;
            job->Stack += frame.StackBefore == frame.StackAfter ? 0ul : 1;
            job->Flags += frame.Before[FlagsPlace] == frame.After[FlagsPlace] ? 0ul : 1;
            for (int i = 0; i < 48; i++)
            {
                ulong changed = frame.Before[i] == frame.After[i] ? 0ul : 1;
                job->General += i < FlagsPlace ? changed : 0;
                job->Vector += i >= General ? changed : 0;
            }
        }

        return FaultingThreads.Done;
    }
}
