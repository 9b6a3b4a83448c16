using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>What the program was started with.</summary>
public static unsafe class Program
{
    /// <summary>The start page.</summary>
    public static ProgramStart* Start => (ProgramStart*)UserLayout.StartPage;

    /// <summary>CPUs that run in the machine.</summary>
    public static uint Cpus => Start->CpuCount;

    /// <summary>Whether the clock counts instructions (argument <c>instructions=1</c>): then times repeat to the digit, and may be held
    /// to bounds. In the host's time they may be anything.</summary>
    public static bool CountsInstructions => Argument("instructions", 0) != 0;

    /// <summary>
    /// The number after <c>name=</c> in the argument string, of 64 bits, or <paramref name="fallback"/> if it is not there. With
    /// anything else there the program ends, and so does the run, as a failure that names the argument.
    /// </summary>
    public static long Argument(string name, long fallback)
    {
        int start = FindArgument(name);
        if (start < 0)
        {
            return fallback;
        }

        int at = start;
        ulong value = 0;
        for (; !IsEnd(at); at++)
        {
            uint digit = (uint)Start->Argument[at] - '0';
            if (digit > 9 || value > (ulong.MaxValue - digit) / 10)
            {
                RejectArgument(name, start);
            }

            value = (value * 10) + digit;
        }

        if (at == start)
        {
            RejectArgument(name, start);
        }

        return (long)value;
    }

    private static bool IsEnd(int at) => at >= (int)Start->ArgumentLength || Start->Argument[at] == ' ';

    // Does not return. A process that may not end the machine ends alone, with a code that no program uses.
    private static void RejectArgument(string name, int at)
    {
        const ulong refused = 0xBAD0_A26;
        Text reason = default;
        reason.Add("argument ");
        reason.Add(name);
        reason.Add("=");
        for (; !IsEnd(at); at++)
        {
            reason.AddByte(Start->Argument[at]);
        }

        reason.Add(" is not a whole number of 64 bits");
        Report.Finish(false, in reason);
        Sys.ProcessExit(BootHandle.Process, refused);
    }

    /// <summary>Index of the first byte after <c>name=</c> in the argument string, or -1.</summary>
    public static int FindArgument(string name)
    {
        int length = (int)Start->ArgumentLength;
        for (int i = 0; i < length; i++)
        {
            bool wordStart = i == 0 || Start->Argument[i - 1] == ' ';
            if (wordStart && i + name.Length < length && Matches(i, name) && Start->Argument[i + name.Length] == '=')
            {
                return i + name.Length + 1;
            }
        }

        return -1;
    }

    private static bool Matches(int at, string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (Start->Argument[at + i] != (byte)name[i])
            {
                return false;
            }
        }

        return true;
    }
}
