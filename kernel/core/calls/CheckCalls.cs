using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Calls;

/// <summary>The system call that checks the kernel's own books; <see cref="SystemCall"/> says what it does.</summary>
public static unsafe class CheckCalls<TMachine>
    where TMachine : struct, IMachine
{
    // The cursor: 0 for the CPU's own queues, else one more than the number of the next object.
    private const ulong FirstObject = 1;
    private const int CursorShift = 32;

    /// <summary><see cref="SystemCall.MachineCheck"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Check(Cpu* cpu, ulong handle, ulong cursor)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Machine, Rights.Control);
        if (error != Error.None || cursor > uint.MaxValue)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        if (cursor == 0)
        {
            return Results.Ok(cpu, StaleEntries<TMachine>.InQueuesOf(cpu) | (FirstObject << CursorShift));
        }

        ulong objects = StaleEntries<TMachine>.Objects(cpu->Kernel);
        ulong at = cursor - FirstObject;
        uint stale = 0;
        for (uint i = 0; i < CallLimits.MaxChecked && at < objects; i++, at++)
        {
            stale += StaleEntries<TMachine>.InObject(cpu, at);
        }

        return Results.Ok(cpu, stale | (at < objects ? (at + FirstObject) << CursorShift : 0));
    }
}
