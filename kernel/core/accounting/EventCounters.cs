using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Accounting;

/// <summary>Counting what happens, where it happens: one instruction each.</summary>
public static unsafe class EventCounters
{
    /// <summary>One more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Count(Cpu* cpu, Counter counter) =>
        ((ulong*)&cpu->Counters)[(int)counter] = ((ulong*)&cpu->Counters)[(int)counter] + 1;

    /// <summary>So many more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Count(Cpu* cpu, Counter counter, long amount) =>
        ((ulong*)&cpu->Counters)[(int)counter] = ((ulong*)&cpu->Counters)[(int)counter] + (ulong)amount;

    /// <summary>One more on another CPU: for counters that no CPU writes of its own.</summary>
    public static void CountRemote<TMachine>(Cpu* other, Counter counter)
        where TMachine : struct, IMachine => TMachine.FetchAdd(&((ulong*)&other->Counters)[(int)counter], 1);

    /// <summary>So many more in measured builds; compiled out of others.</summary>
    [Conditional("MEASURE")]
    public static void CountIfMeasured(Cpu* cpu, Counter counter, long amount = 1) => Count(cpu, counter, amount);
}
