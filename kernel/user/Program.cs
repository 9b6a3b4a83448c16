using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>What the program was started with.</summary>
public static unsafe class Program
{
    /// <summary>The start page.</summary>
    public static ProgramStart* Start => (ProgramStart*)UserLayout.StartPage;

    /// <summary>CPUs that run in the machine.</summary>
    public static uint Cpus => Start->Cpus;

    /// <summary>Whether the clock counts instructions (argument <c>instructions=1</c>): then times repeat to the digit, and may be held
    /// to bounds. In the host's time they may be anything.</summary>
    public static bool CountsInstructions => Argument("instructions", 0) != 0;

    /// <summary>
    /// The number after <c>name=</c> in the argument string, or <paramref name="fallback"/> if it is not there.
    /// </summary>
    public static long Argument(string name, long fallback)
    {
        int at = FindArgument(name);
        if (at < 0)
        {
            return fallback;
        }

        long value = 0;
        for (; at < (int)Start->ArgumentLength && Start->Argument[at] >= '0' && Start->Argument[at] <= '9'; at++)
        {
            value = (value * 10) + Start->Argument[at] - '0';
        }

        return value;
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
