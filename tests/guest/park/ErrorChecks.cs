using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Parking that does not block, and parking that nobody ends.</summary>
internal static unsafe class ErrorChecks
{
    private const ulong Kernel = 0xFFFF_8000_0000_0000;

    internal static void Run()
    {
        uint* word = (uint*)Memory.Map(UserLayout.PageSize);
        *word = 5;
        Report.Check(
            Sys.Park(word, 4) == Error.ValueChanged && Sys.Park(word, 6) == Error.ValueChanged,
            "parking on another value than the word's gives ValueChanged");
        Report.Check(
            Sys.Call(SystemCall.Park, (ulong)word, 5 + (1ul << 32)).Error == Error.BadArgument,
            "a value of more than 32 bits gives BadArgument");
        Report.Check(
            Sys.Park((uint*)((ulong)word + UserLayout.PageSize), 0) == Error.BadAddress
            && Sys.Park((uint*)Kernel, 0) == Error.BadAddress
            && Sys.Call(SystemCall.Unpark, Kernel, 1).Error == Error.BadAddress
            && Sys.Call(SystemCall.UnparkSwitch, Kernel).Error == Error.BadAddress,
            "addresses outside of the program's memory give BadAddress");
        Report.Check(
            Sys.Unpark(word, 1) == 0 && Sys.Unpark(word, ulong.MaxValue) == 0 && Sys.UnparkSwitch(word) == 0,
            "waking where nobody parks wakes nobody");
        CheckDeadlines(word);
    }

    private static void CheckDeadlines(uint* word)
    {
        bool past = Sys.Park(word, 5, 1) == Error.TimedOut && Sys.Park(word, 5, Clock.Now()) == Error.TimedOut;
        Report.Check(past, "a deadline that has passed gives TimedOut");
        Report.Check(Sys.Park(word, 4, 1) == Error.ValueChanged, "the value counts before the deadline");
        Lachesis.User.Random random = new(7);
        bool late = true;
        for (int i = 0; i < 100; i++)
        {
            long deadline = Clock.Now() + (long)random.Below(200_000);
            late &= Sys.Park(word, 5, deadline) == Error.TimedOut && Clock.Now() >= deadline;
        }

        Report.Check(late, "parking that nobody ends gives TimedOut, not before its deadline");
    }
}
