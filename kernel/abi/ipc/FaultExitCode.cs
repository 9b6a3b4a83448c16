namespace Lachesis.Abi;

/// <summary>What a thread that was ended for a fault exits with, so that whoever joins it can tell.</summary>
public static class FaultExitCode
{
    /// <summary>Above every code that a program should use itself.</summary>
    public const ulong Base = 0xFFFF_FFFF_FFFF_FF00;

    /// <summary>The exit code for exception <paramref name="vector"/>, 0..31.</summary>
    public static ulong For(uint vector) => Base + vector;
}
