using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>The system call on handlers of faults; <see cref="SystemCall"/> says what it does.</summary>
public static unsafe class FaultCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.ThreadSetFaultHandler"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error SetHandler(Cpu* cpu, ulong handle, ulong endpoint)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        ObjectRef owner = default;
        if (endpoint != 0)
        {
            error = ObjectLookup<TMachine>.CheckCapability(cpu, endpoint, ObjectKind.Endpoint, Rights.Write);
            owner = cpu->Current->Process->Header.Reference;
        }

        if (error == Error.None)
        {
            Process* process = thread->Process;
            process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
            thread->Fault.HandlerProcess = owner;
            thread->Fault.HandlerHandle = (uint)endpoint;
            process->Lock.Release<TMachine>(cpu, LockRank.Process);
        }

        ObjectLookup<TMachine>.Drop(cpu, thread);
        return error;
    }
}
