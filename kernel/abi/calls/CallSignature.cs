namespace Lachesis.Abi;

/// <summary>What else there is to know about a system call.</summary>
[System.Flags]
public enum CallTraits : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It may block.</summary>
    MayBlock = 1,

    /// <summary>It may end its caller: it does not return then.</summary>
    MayEndCaller = 2,

    /// <summary>Its first argument stands beside a message.</summary>
    PassesMessage = 4,

    /// <summary>Its value is a new handle.</summary>
    ReturnsHandle = 8,

    /// <summary>A ring may ask for it: it is short, and its caller comes back.</summary>
    InRing = 16,

    /// <summary>It is as long as many others, so the batch of a ring's requests ends with it.</summary>
    EndsBatch = 32,

    /// <summary>With success it ends with a message in its caller's registers.</summary>
    ReturnsMessage = 64,

    /// <summary>No worker of the fuzzer in the guest has the right to it: it is made there, and must not succeed.</summary>
    RefusedToFuzzer = 128,

    /// <summary>The fuzzer in the guest makes one in four that it draws: more would leave little of a worker's life.</summary>
    DrawnSeldom = 256,
}

/// <summary>One form of a system call: its arguments, and what it may answer. Made by <see cref="SystemCallTable"/>.</summary>
public struct CallSignature
{
    /// <summary>Whether there is such a form.</summary>
    public bool Exists;

    /// <summary>What else there is to know.</summary>
    public CallTraits Traits;

    /// <summary>Every error that it may answer, a bit each.</summary>
    public uint Errors;

    /// <summary>The first argument.</summary>
    public CallArgument A0;

    /// <summary>The second argument.</summary>
    public CallArgument A1;

    /// <summary>The third argument.</summary>
    public CallArgument A2;

    /// <summary>The fourth argument.</summary>
    public CallArgument A3;

    /// <summary>The argument of that number, 0..3.</summary>
    public readonly CallArgument Argument(uint number) => number == 0 ? A0 : number == 1 ? A1 : number == 2 ? A2 : A3;

    /// <summary>Whether it may answer so.</summary>
    public readonly bool MayReturn(Error error) => error == Error.None || (Errors & ErrorMask.Of(error)) != 0;

    /// <summary>The same, and it may answer these errors too, besides those that its arguments lead to.</summary>
    public readonly CallSignature WithErrors(
        Error a, Error b = Error.None, Error c = Error.None, Error d = Error.None, Error e = Error.None, Error f = Error.None)
    {
        CallSignature shape = this;
        shape.Errors |= ErrorMask.Of(a) | ErrorMask.Of(b) | ErrorMask.Of(c) | ErrorMask.Of(d) | ErrorMask.Of(e)
            | ErrorMask.Of(f);
        return shape;
    }

    /// <summary>The same, which may block.</summary>
    public readonly CallSignature ThatMayBlock() => With(CallTraits.MayBlock);

    /// <summary>The same, which may end its caller.</summary>
    public readonly CallSignature ThatMayEndCaller() => With(CallTraits.MayEndCaller);

    /// <summary>The same, whose value is a new handle.</summary>
    public readonly CallSignature ThatReturnsHandle() => With(CallTraits.ReturnsHandle);

    /// <summary>The same, with a message, and the errors that any message can lead to.</summary>
    public readonly CallSignature WithMessage() => With(CallTraits.PassesMessage).WithErrors(Error.BadArgument, Error.BadState);

    /// <summary>The same, which rings may ask for.</summary>
    public readonly CallSignature InRing() => With(CallTraits.InRing);

    /// <summary>The same, which ends a ring's batch.</summary>
    public readonly CallSignature ThatEndsBatch() => With(CallTraits.EndsBatch);

    /// <summary>The same, which ends with a message.</summary>
    public readonly CallSignature ThatReturnsMessage() => With(CallTraits.ReturnsMessage);

    /// <summary>The same, to which no worker of the fuzzer has the right.</summary>
    public readonly CallSignature RefusedToFuzzer() => With(CallTraits.RefusedToFuzzer);

    /// <summary>The same, which the fuzzer makes less often.</summary>
    public readonly CallSignature DrawnSeldom() => With(CallTraits.DrawnSeldom);

    private readonly CallSignature With(CallTraits traits)
    {
        CallSignature shape = this;
        shape.Traits |= traits;
        return shape;
    }
}
