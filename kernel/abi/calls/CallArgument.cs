namespace Lachesis.Abi;

/// <summary>What one argument of a system call is.</summary>
public enum ArgumentKind : byte
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>A handle.</summary>
    Handle,

    /// <summary>Two handles: one in bits 0..31, one above.</summary>
    HandlePair,

    /// <summary>Address of an aligned 32-bit word that is read.</summary>
    ReadableWord,

    /// <summary>An aligned address of user space that nothing is read from.</summary>
    ParkAddress,

    /// <summary>An address of user space, where a thread begins or its stack ends.</summary>
    UserAddress,

    /// <summary>Address of bytes that are read.</summary>
    Input,

    /// <summary>Address of bytes that are written.</summary>
    Output,

    /// <summary>Address of bytes that are read, and written.</summary>
    InputOutput,

    /// <summary>Address of an <see cref="IpcBuffer"/>.</summary>
    MessageBuffer,

    /// <summary>A number within bounds.</summary>
    Number,

    /// <summary>The number of a CPU.</summary>
    Cpu,

    /// <summary>CPUs, a bit each.</summary>
    CpuMask,

    /// <summary>An instant in monotonic nanoseconds.</summary>
    Instant,

    /// <summary>An instant in monotonic nanoseconds, or 0: none.</summary>
    Deadline,

    /// <summary>Nanoseconds from one firing of a timer to the next, within bounds, or 0: none.</summary>
    Period,

    /// <summary>A mask of <see cref="Rights"/>, or <see cref="Rights.Same"/>.</summary>
    RightsMask,

    /// <summary>Any 64 bits.</summary>
    Bits,

    /// <summary>How many there are; not one itself.</summary>
    Count,
}

/// <summary>One argument of a system call. Made by <see cref="SystemCallTable"/>.</summary>
public struct CallArgument
{
    /// <summary>What it is. The fields below that this kind has no use for are 0.</summary>
    public ArgumentKind Kind;

    /// <summary>Of a handle, or of a pair's lower one: what it must name; <see cref="ObjectKind.None"/>: anything.</summary>
    public ObjectKind Object;

    /// <summary>Of the same: the right that it must give.</summary>
    public Rights RequiredRights;

    /// <summary>Of a single handle: whether 0 stands for none.</summary>
    public bool IsOptional;

    /// <summary>Of a pair's upper handle: what it must name.</summary>
    public ObjectKind UpperObject;

    /// <summary>Of the same: the right that it must give.</summary>
    public Rights UpperRequiredRights;

    /// <summary>Of the same: whether 0 stands for none.</summary>
    public bool UpperIsOptional;

    /// <summary>Of a number: the least that is accepted.</summary>
    public ulong Lowest;

    /// <summary>Of a number: the most that is accepted. Of an address: how many bytes there are; 0: another argument says
    /// so.</summary>
    public ulong Highest;

    /// <summary>Whether user memory of a known length must be there.</summary>
    public readonly bool IsMemory => Kind is ArgumentKind.Input or ArgumentKind.Output or ArgumentKind.InputOutput;

    /// <summary>Whether it is an address of any sort.</summary>
    public readonly bool IsAddress => IsMemory || Kind is ArgumentKind.ReadableWord or ArgumentKind.ParkAddress or ArgumentKind.UserAddress
        or ArgumentKind.MessageBuffer;

    /// <summary>Whether it has handles in it.</summary>
    public readonly bool IsHandle => Kind is ArgumentKind.Handle or ArgumentKind.HandlePair;

    /// <summary>The errors that such an argument can lead to, whatever the call: a bit each.</summary>
    public readonly uint Errors =>
        IsHandle ? ErrorMask.Of(Error.StaleHandle)
            | (Object == ObjectKind.None ? 0 : ErrorMask.Of(Error.WrongKind))
            | (RequiredRights == Rights.None ? 0 : ErrorMask.Of(Error.MissingRight))
        : IsAddress ? ErrorMask.Of(Error.BadAddress)
        : Kind is ArgumentKind.None or ArgumentKind.Bits ? 0
        : ErrorMask.Of(Error.BadArgument);
}

/// <summary>Sets of errors, a bit each.</summary>
public static class ErrorMask
{
    /// <summary>The set of that one; of <see cref="Error.None"/> the empty one.</summary>
    public static uint Of(Error error) => error == Error.None ? 0 : 1u << (int)error;
}
