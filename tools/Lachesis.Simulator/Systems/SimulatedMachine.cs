using System.Threading;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Simulator;

/// <summary>
/// The machine that the core runs on when hosted. Static members have no other way to their state than a static: the system
/// of the calling thread. 
/// </summary>
internal unsafe struct SimulatedMachine : IMachine
{
    private static SimulatedSystem System => SimulatedSystem.OfThisThread;

    public static Instant Now(Cpu* cpu) => System.ReadClock(cpu->Id);

    public static void SetTimer(Cpu* cpu, Instant deadline)
    {
        SimulatedSystem system = System;
        system.Interleaver?.Point(Access.Interrupt);
        system.SetTimer(cpu->Id, deadline);
    }

    public static void SendRescheduleIpi(Cpu* cpu, Cpu* target)
    {
        Invariants.Require(cpu != target, "a cpu interrupts itself");
        SimulatedSystem system = System;
        system.Interleaver?.Point(Access.Interrupt);
        if (!MachineBugs.SuppressesInterrupt(system, target->Id))
        {
            system.SendInterrupt(target->Id);
            system.Interleaver?.OnHaltWake();
        }

        system.Point();
    }

    public static ulong Load(ulong* location)
    {
        SimulatedSystem system = System;
        if (system.Interleaver != null)
        {
            return system.Interleaver.Load(location);
        }

        ulong value = Volatile.Read(ref *location);
        system.Point();
        return value;
    }

    public static uint Load(uint* location)
    {
        SimulatedSystem system = System;
        system.Interleaver?.PointBeforeHalfWord(location);
        uint value = Volatile.Read(ref *location);
        system.Point();
        return value;
    }

    public static void Store(ulong* location, ulong value)
    {
        SimulatedSystem system = System;
        if (system.Interleaver != null)
        {
            system.Interleaver.Store(location, value);
            return;
        }

        Volatile.Write(ref *location, value);
        system.Point();
    }

    public static ulong CompareExchange(ulong* location, ulong value, ulong comparand)
    {
        SimulatedSystem system = System;
        system.Interleaver?.BeforeExchange(location);
        ulong before = *location;
        if (before == comparand)
        {
            MachineBugs.TearExchange(system, SeededBug.DoubleEnqueue);
            *location = value;
        }

        system.Point();
        return before;
    }

    public static ulong Exchange(ulong* location, ulong value)
    {
        SimulatedSystem system = System;
        system.Interleaver?.BeforeExchange(location);
        ulong before = *location;
        MachineBugs.TearExchange(system, SeededBug.TornLock);
        *location = value;
        system.Point();
        return before;
    }

    public static ulong FetchAdd(ulong* location, ulong value)
    {
        SimulatedSystem system = System;
        system.Interleaver?.BeforeExchange(location);
        ulong before = *location;
        MachineBugs.TearExchange(system, SeededBug.TornCount);
        *location = unchecked(before + MachineBugs.Added(system, location, value));
        system.Point();
        return before;
    }

    public static void Fence()
    {
        SimulatedSystem system = System;
        system.Interleaver?.Fence();
        system.Point();
    }

    /// <summary>Without an interleaver CPUs are run one inside the other: whoever waits for a lock would wait for
    /// ever.</summary>
    public static void Pause()
    {
        if (System.Interleaver == null)
        {
            throw new WouldSpinException();
        }

        System.Interleaver.Pause();
    }

    public static bool ReadUserWord(Cpu* cpu, ulong address, out uint value)
    {
        SimulatedSystem system = System;
        uint word = 0;
        bool readable = system.Users.ReadWord(cpu, &word, address);
        value = word;
        MachineBugs.Park(system, cpu, ref value);
        system.Interleaver?.Point(Access.UserMemory);
        system.Point();
        return readable;
    }

    public static bool CopyFromUser(Cpu* cpu, void* destination, ulong source, ulong bytes) =>
        System.Users.Copy(cpu, (byte*)destination, source, bytes, toUser: false);

    public static bool CopyToUser(Cpu* cpu, ulong destination, void* source, ulong bytes) =>
        System.Users.Copy(cpu, (byte*)source, destination, bytes, toUser: true);

    public static Error CreateAddressSpace(Kernel* kernel, Cpu* cpu, out ulong root) => System.Users.Create(cpu, out root);

    public static Error MapPage(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong frame, PageAccess access) =>
        System.Users.Map(cpu, root, address, frame, access);

    public static bool FreeAddressSpaceStep(Kernel* kernel, Cpu* cpu, ulong root, ref ulong cursor, int budget) =>
        System.Users.FreeStep(cpu, root, ref cursor, budget);

    public static void* PinnedUserMemory(Cpu* cpu, ulong root, ulong address) => System.Users.FindWritable(root, address);

    public static void LoadAddressSpace(Cpu* cpu, ulong root) => System.Users.Load(cpu, root);

    public static void LoadKernelAddressSpace(Cpu* cpu) => System.Users.Load(cpu, 0);

    public static void WriteLog(byte* text, ulong bytes) => System.Log.Append(text, bytes);

    public static void WriteReport(byte* data, ulong bytes) => System.Reports.Append(data, bytes);

    public static void Exit(uint value) => throw new MachineExitException(value);

    public static void Panic(Cpu* cpu, string message) => throw new KernelPanicException(message);

    public static void InjectFault(Cpu* cpu, KernelFault fault) => System.FailureAskedFor = fault;
}
