using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>The system call that checks the kernel's own books; <see cref="SystemCall"/> says what it does.</summary>
public static unsafe class StaleEntryCalls<TMachine>
    where TMachine : struct, IMachine
{
    // The cursor: 0 for the CPU's own queues, else one more than the number of the next object.
    private const ulong FirstObject = 1;
    private const int CursorShift = 32;

    /// <summary><see cref="SystemCall.StaleEntryCheck"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Check(Cpu* cpu, ulong handle, ulong cursor)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Control);
        if (error != Error.None || cursor > uint.MaxValue)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        if (cursor == 0)
        {
            return Results.Ok(cpu, StaleEntries<TMachine>.CountInCpu(cpu) | (FirstObject << CursorShift));
        }

        ulong objects = StaleEntries<TMachine>.ObjectCount(cpu->Kernel);
        ulong at = cursor - FirstObject;
        uint stale = 0;
        for (uint i = 0; i < CallLimits.MaxCheckedObjects && at < objects; i++, at++)
        {
            stale += StaleEntries<TMachine>.CountInObject(cpu, at);
        }

        return Results.Ok(cpu, stale | (at < objects ? (at + FirstObject) << CursorShift : 0));
    }
}
