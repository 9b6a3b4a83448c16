using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Threads;

/// <summary>Giving system calls their results.</summary>
internal static unsafe class Results
{
    /// <summary>Success, with a value for the calling thread.</summary>
    internal static Error Ok(Cpu* cpu, ulong value)
    {
        cpu->Current->Context.Rdx = value;
        return Error.None;
    }

    /// <summary>
    /// The error of a call that blocked: if the same thread goes on, what its waker left in its context. If another goes
    /// on, the exit path loads that one's context and ignores this.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Error AfterBlocking(Cpu* cpu) =>
        cpu->Current == null ? Error.None : (Error)cpu->Current->Context.Rax;
}
