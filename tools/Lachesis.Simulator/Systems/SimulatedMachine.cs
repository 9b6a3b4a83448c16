using System.Threading;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Simulator;

/// <summary>
/// The machine that the core runs on when hosted. Static members have no other way to their state than a static: the system
/// of the calling thread. After every access to a shared word comes a point at which another CPU may be let go on.
/// </summary>
internal unsafe struct SimulatedMachine : IMachine
{
    private static SimulatedSystem System => SimulatedSystem.OfThisThread;

    public static Instant Now(Cpu* cpu) => System.ReadClock();

    public static void SetTimer(Cpu* cpu, Instant deadline) => System.SetTimer(cpu->Id, deadline);

    public static void SendReschedule(Cpu* cpu, Cpu* target)
    {
        Invariants.That(cpu != target, "a cpu interrupts itself");
        System.SendInterrupt(target->Id);
        System.Point();
    }

    public static ulong Load(ref ulong location)
    {
        ulong value = Volatile.Read(ref location);
        System.Point();
        return value;
    }

    public static void Store(ref ulong location, ulong value)
    {
        Volatile.Write(ref location, value);
        System.Point();
    }

    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand)
    {
        ulong before = location;
        if (before == comparand)
        {
            location = value;
        }

        System.Point();
        return before;
    }

    public static ulong Exchange(ref ulong location, ulong value)
    {
        ulong before = location;
        location = value;
        System.Point();
        return before;
    }

    public static ulong FetchAdd(ref ulong location, ulong value)
    {
        ulong before = location;
        location = unchecked(before + value);
        System.Point();
        return before;
    }

    public static void Fence() => System.Point();

    /// <summary>CPUs are run one inside the other here: whoever waits for a lock would wait for ever.</summary>
    public static void Pause() => throw new WouldSpinException();

    public static bool ReadUserWord(Cpu* cpu, ulong address, out uint value)
    {
        uint word = 0;
        bool readable = System.Users.Copy(cpu, (byte*)&word, address, sizeof(uint), toUser: false);
        value = word;
        System.Point();
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

    public static void LoadAddressSpace(Cpu* cpu, ulong root) => System.Users.Load(cpu, root);

    public static void WriteLog(byte* text, ulong bytes) => System.Log.Append(text, bytes);

    public static void WriteReport(byte* data, ulong bytes) => System.Reports.Append(data, bytes);

    public static void Exit(uint value) => throw new MachineExitException(value);

    public static void Panic(Cpu* cpu, string message) => throw new KernelPanicException(message);

    public static void FailOnPurpose(Cpu* cpu, KernelFault fault) => System.FailureAskedFor = fault;
}
