using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>How many an unpark wakes, and whom.</summary>
internal static unsafe class OrderChecks
{
    private const uint Few = 9;
    private const uint Many = (uint)CallLimits.MaxUnpark + 6;

    private struct Shared
    {
        internal ulong Word;
        internal ulong Tickets;
        internal ulong OutOfOrder;
    }

    private struct Parker
    {
        internal Shared* Shared;
        internal ulong Place;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        Parker* parkers = (Parker*)Memory.Map(Many * (ulong)sizeof(Parker));
        Crew crew = Crew.Of(Many);
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);

        // Under round robin, the order in which threads run is that in which they were woken.
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.RoundRobin);
        ParkAll(&crew, shared, parkers, Few);
        bool counts = Wake(shared, 1) == 1 && Wake(shared, 3) == 3;

        // It runs the one that it wakes before those that were only made runnable: let these take their tickets first.
        Sys.Yield();
        counts &= Sys.UnparkSwitch((uint*)&shared->Word) == 1;
        counts &= Wake(shared, 0) == 0 && Wake(shared, 100) == 4 && Wake(shared, 100) == 0;
        crew.Join();
        Report.Check(counts, "an unpark wakes as many as were asked for, or all there are, and says how many");
        Report.Check(shared->OutOfOrder == 0 && shared->Tickets == Few, "who parked first is woken first");

        ParkAll(&crew, shared, parkers, Many);
        bool bounded = Wake(shared, ulong.MaxValue) == CallLimits.MaxUnpark && Wake(shared, ulong.MaxValue) == 6;
        crew.Join();
        Report.Check(bounded, "one call wakes no more than MaxUnpark, the next one the rest");
        Report.Check(shared->OutOfOrder == 0 && shared->Tickets == Many, "in order, too");
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
    }

    private static ulong Wake(Shared* shared, ulong most) => Sys.Unpark((uint*)&shared->Word, most);

    // One after the other, on this CPU, where nobody else blocks: the counter says when each has parked.
    private static void ParkAll(Crew* crew, Shared* shared, Parker* parkers, uint count)
    {
        *shared = default;
        for (uint i = 0; i < count; i++)
        {
            ulong blocks = Counters.Of(0, Counter.VoluntaryBlocks);
            parkers[i].Shared = shared;
            parkers[i].Place = i;
            crew->RunOn(0, &ParkOnce, (ulong)&parkers[i]);
            while (Counters.Of(0, Counter.VoluntaryBlocks) == blocks)
            {
                Sys.Yield();
            }
        }
    }

    private static ulong ParkOnce(ulong argument)
    {
        Parker* own = (Parker*)argument;
        Error error = Parking.Park(ref own->Shared->Word, 0);
        ulong ticket = Interlocked.ExchangeAdd(ref own->Shared->Tickets, 1);
        if (error != Error.None || ticket != own->Place)
        {
            Interlocked.ExchangeAdd(ref own->Shared->OutOfOrder, 1);
        }

        return 0;
    }
}
