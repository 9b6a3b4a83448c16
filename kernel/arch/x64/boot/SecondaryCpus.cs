using System.Runtime;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Arch.X64;

/// <summary>Starting the CPUs that the firmware left asleep, one after the other.</summary>
internal static unsafe class SecondaryCpus
{
    private const ulong MailboxOffset = 0xF00;
    private const int TrampolineBytes = 4096;

    // How long a CPU may take from its start-up interrupt to C#. Far more than it ever needs: on a busy host it waits for its turn.
    private static Duration StartTimeout => Duration.FromMilliseconds(120_000);

    private static Duration StartUpDelay => new(200_000);

    private struct Mailbox
    {
        internal ulong PageTables;
        internal ulong Stack;
        internal ulong Argument;
        internal ulong Function;
        internal ulong CpuCheck;
    }

    /// <summary>Starts every listed CPU but the caller's own, numbered in the order of the list from 1.</summary>
    internal static void Start(X64Cpu* boot, CpuList list)
    {
        X64State* machine = boot->Machine;
        KernelMap.CopyToBootTables(machine->KernelRoot);
        byte* page = (byte*)Layout.Virtual(Layout.Trampoline);
        Page.Copy(page, (void*)Stubs.LinkAddresses()->Trampoline, TrampolineBytes);
        Mailbox* mailbox = (Mailbox*)(page + MailboxOffset);
        mailbox->PageTables = Stubs.LinkAddresses()->BootPageTables;
        mailbox->CpuCheck = Stubs.LinkAddresses()->CpuCheck;
        for (uint i = 0; i < list.Count; i++)
        {
            if (list.ApicIds[i] != boot->ApicId)
            {
                StartOne(boot, mailbox, list.ApicIds[i]);
            }
        }
    }

    private static void StartOne(X64Cpu* boot, Mailbox* mailbox, uint apicId)
    {
        X64State* machine = boot->Machine;
        X64Cpu* cpu = KernelMemory.MakeCpu(machine, &boot->Core);
        cpu->ApicId = apicId;
        CpuSetup.SetClock(cpu);
        mailbox->Stack = cpu->Core.KernelStackTop;
        mailbox->Argument = (ulong)cpu;
        mailbox->Function = (ulong)(delegate*<X64Cpu*, void>)&SecondaryMain;
        X64Machine.Fence();
        LocalApic.SendInit(machine, apicId);
        WaitForStart(boot, StartUpDelay, cpu);
        for (int attempt = 0; attempt < 2 && !HasStarted(cpu); attempt++)
        {
            LocalApic.SendStartUp(machine, apicId, Layout.Trampoline);
            WaitForStart(boot, attempt == 0 ? StartUpDelay : StartTimeout, cpu);
        }

        if (!HasStarted(cpu))
        {
            Panic.FromKernel(boot, "a cpu that the firmware lists did not start");
        }
    }

    private static bool HasStarted(X64Cpu* cpu) => X64Machine.Load(&cpu->Started) != 0;

    private static void WaitForStart(X64Cpu* boot, Duration duration, X64Cpu* until)
    {
        Instant end = X64Machine.Now(&boot->Core) + duration;
        while (!HasStarted(until) && X64Machine.Now(&boot->Core) < end)
        {
            Stubs.Pause();
        }
    }

    // Called by the trampoline, on the CPU's own kernel stack.
    private static void SecondaryMain(X64Cpu* cpu)
    {
        Stubs.WriteCr3(cpu->Machine->KernelRoot);
        CpuSetup.Initialize(cpu);
        CpuSetup.BeginAccounting(&cpu->Core);
        X64Machine.Store(&cpu->Started, 1);
        Stubs.ContinueOnStack(cpu->Core.KernelStackTop, (delegate*<X64Cpu*, void>)&EnterScheduler, cpu);
    }

    // What it returns to idles, or runs a thread that another CPU has left here meanwhile.
    private static void EnterScheduler(X64Cpu* cpu) => Scheduler<X64Machine>.Reschedule(&cpu->Core, cpu->Core.AccountedUntil);
}
