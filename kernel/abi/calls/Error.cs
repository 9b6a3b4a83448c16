namespace Lachesis.Abi;

/// <summary>What a system call, or a function of the kernel, can answer. Zero is success; an error changed
/// nothing.</summary>
public enum Error : ulong
{
    /// <summary>Done.</summary>
    None = 0,

    /// <summary>The system call number names no call.</summary>
    UnknownSystemCall = 1,

    /// <summary>The handle names nothing, or what it named is gone (its generation has moved on).</summary>
    StaleHandle = 2,

    /// <summary>The handle names an object of another kind than the call acts on.</summary>
    WrongKind = 3,

    /// <summary>What is asked for is more than the caller itself may do (CPUs; another process's ring).</summary>
    NotPermitted = 4,

    /// <summary>An argument is out of its documented range.</summary>
    BadArgument = 5,

    /// <summary>A user address is not canonical, not aligned, not mapped, or not accessible in the way asked for.</summary>
    BadAddress = 6,

    /// <summary>The pool that the object would come from is full.</summary>
    PoolFull = 7,

    /// <summary>No free physical page.</summary>
    OutOfMemory = 8,

    /// <summary>The process's capability space is full.</summary>
    HandlesFull = 9,

    /// <summary>The object is in a state in which the call makes no sense (starting a thread twice, say).</summary>
    BadState = 10,

    /// <summary>The word at the address was not the expected one, so the thread did not park.</summary>
    ValueChanged = 11,

    /// <summary>The deadline came before what was waited for.</summary>
    TimedOut = 12,

    /// <summary>Nothing in the ramdisk has that name.</summary>
    NotFound = 13,

    /// <summary>The program is not an ELF64 executable that the loader accepts.</summary>
    BadProgram = 14,

    /// <summary>The capability lacks a right that the call needs.</summary>
    MissingRight = 15,

    /// <summary>The call was not to wait, and would have had to.</summary>
    WouldBlock = 16,

    /// <summary>What was waited at was destroyed meanwhile.</summary>
    Gone = 17,

    /// <summary>Whoever was to answer deleted the reply object, or ended.</summary>
    NoReply = 18,

    /// <summary>The request's deadline had passed before it began.</summary>
    Expired = 19,
}
