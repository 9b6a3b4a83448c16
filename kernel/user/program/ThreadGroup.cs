using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>
/// A number of threads that come and go together. Their stacks are mapped once and used again, so that a crew which has
/// been at work before takes nothing more from the kernel than threads.
/// </summary>
public unsafe struct ThreadGroup
{
    /// <summary>Bytes of each member's stack.</summary>
    public const ulong StackBytes = 8192;

    private UserThread* _threads;
    private ulong* _stacks;
    private uint _capacity;
    private uint _count;

    /// <summary>Members that were made and not joined.</summary>
    public readonly uint Count => _count;

    /// <summary>Room for <paramref name="capacity"/> members, or, if memory is short, for as many as there are stacks
    /// for.</summary>
    public static ThreadGroup Allocate(uint capacity)
    {
        ThreadGroup crew = default;
        crew._threads = (UserThread*)Memory.Map(capacity * (ulong)sizeof(UserThread));
        crew._stacks = (ulong*)Memory.Map(capacity * sizeof(ulong));
        if (crew._threads == null || crew._stacks == null)
        {
            return crew;
        }

        while (crew._capacity < capacity)
        {
            ulong stack = (ulong)Memory.Map(StackBytes);
            if (stack == 0)
            {
                break;
            }

            crew._stacks[crew._capacity++] = stack;
        }

        return crew;
    }

    /// <summary>Makes the next member, not yet started.</summary>
    public Error Add(delegate*<ulong, ulong> function, ulong argument)
    {
        if (_count == _capacity)
        {
            return Error.PoolFull;
        }

        Error error = UserThread.Create(&_threads[_count], function, argument, _stacks[_count] + StackBytes);
        _count += error == Error.None ? 1u : 0;
        return error;
    }

    /// <summary>Makes and starts the next member.</summary>
    public Error AddAndStart(delegate*<ulong, ulong> function, ulong argument)
    {
        Error error = Add(function, argument);
        return error == Error.None ? Sys.ThreadStart(Handle(_count - 1)) : error;
    }

    /// <summary>The same, for a member that may run on one CPU only.</summary>
    public Error AddAndStartOn(uint cpu, delegate*<ulong, ulong> function, ulong argument)
    {
        Error error = Add(function, argument);
        if (error == Error.None)
        {
            error = Sys.ThreadSetAffinity(Handle(_count - 1), 1ul << (int)cpu);
        }

        return error == Error.None ? Sys.ThreadStart(Handle(_count - 1)) : error;
    }

    /// <summary>The handle of a member.</summary>
    public readonly ulong Handle(uint member) => _threads[member].Handle;

    /// <summary>Waits for the end of all members, and closes their handles. The sum of their exit codes.</summary>
    public ulong JoinAll()
    {
        // All before any handle is closed: members may still be about to join each other.
        ulong sum = 0;
        for (uint i = 0; i < _count; i++)
        {
            sum += Sys.ThreadJoin(Handle(i)).Value;
        }

        while (_count > 0)
        {
            _count--;
            Sys.CapabilityDelete(Handle(_count));
        }

        return sum;
    }
}
