using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>Yielding to another thread of the same CPU. A round trip is two switches, so it counts half.</summary>
internal static unsafe class Yields
{
    private struct Partner
    {
        internal UserThread Thread;
        internal ulong Stop;
    }

    /// <summary>To a sibling.</summary>
    internal static void SameProcess(ref Samples samples)
    {
        Partner partner = default;
        UserThread.Create(&partner.Thread, &YieldUntilStopped, (ulong)&partner);
        Sys.ThreadSetAffinity(partner.Thread.Handle, 1);
        Sys.ThreadStart(partner.Thread.Handle);
        Measure(ref samples, "yieldSameProcess");
        Volatile.Write(ref partner.Stop, 1);
        partner.Thread.Join();
    }

    /// <summary>To a thread of another process: this program again, told to yield for ever.</summary>
    internal static void OtherProcess(ref Samples samples)
    {
        SpawnRequest request = default;
        byte* argument = stackalloc byte[16];
        Text text = default;
        text.Add("yielder=1");
        text.CopyTo(argument);
        Spawning.Name(&request, "costs");
        request.ArgumentAddress = (ulong)argument;
        request.ArgumentLength = (uint)text.Length;
        request.CpuMask = 1;
        ulong child = Sys.ProcessSpawn(&request).Value;
        Measure(ref samples, "yieldOtherProcess");
        Sys.ProcessExit(child, 0);
        Sys.ProcessWait(child);
        Sys.CapabilityDelete(child);
    }

    /// <summary>What the other process does.</summary>
    internal static ulong ForEver()
    {
        while (true)
        {
            Sys.Yield();
        }
    }

    private static void Measure(ref Samples samples, string name)
    {
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            Sys.Yield();
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            Sys.Yield();
            samples.SetElapsed(i, Clock.Ticks() - began, 2);
        }

        samples.Report(name);
    }

    private static ulong YieldUntilStopped(ulong argument)
    {
        Partner* partner = (Partner*)argument;
        while (Volatile.Read(ref partner->Stop) == 0)
        {
            Sys.Yield();
        }

        return 0;
    }
}
