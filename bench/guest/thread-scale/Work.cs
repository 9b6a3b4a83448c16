using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>What every run computes.</summary>
internal unsafe struct Work
{
    internal WorkLoopKind Loop;
    internal ulong Seed;
    internal long Elements;

    /// <summary>Reads <c>loop=chain|throughput</c>, <c>work=N</c> and <c>seed=N</c>; false if the loop is neither or there is no
    /// work.</summary>
    internal static bool Read(out Work work)
    {
        work = default;
        work.Seed = (ulong)Program.Argument("seed", 1);
        work.Elements = Program.Argument("work", 0);
        int at = Program.FindArgument("loop");
        byte letter = at >= 0 ? Program.Start->Argument[at] : (byte)'c';
        work.Loop = letter == 't' ? WorkLoopKind.Throughput : WorkLoopKind.Chain;
        return letter is (byte)'c' or (byte)'t' && work.Elements > 0;
    }
}
