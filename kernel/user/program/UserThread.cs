using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>A thread of this program, its stack included. The structure stays where it is while the thread runs.</summary>
public unsafe struct UserThread
{
    /// <summary>Bytes of stack that threads of these programs need.</summary>
    public const ulong DefaultStackBytes = 4096;

    private delegate*<ulong, ulong> _function;
    private ulong _argument;

    /// <summary>Its handle.</summary>
    public ulong Handle;

    /// <summary>Makes the thread over a stack, not yet started; the function's result becomes the exit code.</summary>
    public static Error Create(UserThread* thread, delegate*<ulong, ulong> function, ulong argument, ulong stackTop)
    {
        thread->_function = function;
        thread->_argument = argument;

        // The stub at which it starts calls the function: 16-byte aligned before the call, as the ABI wants.
        SystemResult made = Sys.ThreadCreate(
            BootHandle.Process, Stubs.ThreadStartAddress(), stackTop, (ulong)thread);
        thread->Handle = made.Value;
        return made.Error;
    }

    /// <summary>Makes the thread with a stack of its own.</summary>
    public static Error Create(UserThread* thread, delegate*<ulong, ulong> function, ulong argument)
    {
        SystemResult stack = Sys.MemoryMap(BootHandle.Process, DefaultStackBytes);
        return stack.Error != Error.None
            ? stack.Error
            : Create(thread, function, argument, stack.Value + DefaultStackBytes);
    }

    /// <summary>Makes and starts it.</summary>
    public static Error CreateAndStart(UserThread* thread, delegate*<ulong, ulong> function, ulong argument)
    {
        Error error = Create(thread, function, argument);
        return error == Error.None ? Sys.ThreadStart(thread->Handle) : error;
    }

    /// <summary>Waits for its end, gives its exit code, and closes the handle.</summary>
    public ulong Join()
    {
        ulong code = Sys.ThreadJoin(Handle).Value;
        Sys.CapabilityDelete(Handle);
        return code;
    }
}
