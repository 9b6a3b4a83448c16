using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Parking and waking as requests of a ring.</summary>
internal static unsafe class RingChecks
{
    private const ulong NearRounds = 4_000;
    private const ulong FarRounds = 1_000;
    private const ulong Code = 0x0DED;

    private struct Player
    {
        internal ulong* Word;
        internal ulong Number;
        internal ulong Rounds;
        internal Ring Ring;
    }

    internal static void Run()
    {
        Player* players = (Player*)Memory.Map(2 * (ulong)sizeof(Player));
        ulong* word = (ulong*)Memory.Map(sizeof(ulong));
        for (ulong i = 0; i < 2; i++)
        {
            players[i].Word = word;
            players[i].Number = i;
            Ring.Create(&players[i].Ring, 4, 4);
        }

        ThreadGroup crew = ThreadGroup.Allocate(2);
        CheckErrors(&players[0].Ring, word);
        CheckFates(&crew, players, word);
        Report.Check(
            Play(&crew, players, 0, NearRounds), "two threads of one CPU wake each other and park with one call, thousands of times");
        if (Program.Cpus > 1)
        {
            Report.Check(Play(&crew, players, Program.Cpus - 1, FarRounds), "and so do two threads of two CPUs");
        }

        Sys.CapabilityDelete(players[0].Ring.Handle);
        Sys.CapabilityDelete(players[1].Ring.Handle);
    }

    private static void CheckErrors(Ring* ring, ulong* word)
    {
        *word = 5;
        ring->TrySubmit(SystemCall.Park, 0, (ulong)word, 4);
        ring->TrySubmit(SystemCall.Park, 1, (ulong)word, 5, 1);
        ring->TrySubmit(SystemCall.Park, 2, (ulong)word + 2, 5);
        ring->TrySubmit(SystemCall.Unpark, 3, (ulong)word, 9);
        bool right = ring->Enter().Value == 4 && Next(ring, 0, Error.ValueChanged) && Next(ring, 1, Error.TimedOut)
            && Next(ring, 2, Error.BadAddress) && Next(ring, 3, Error.None);
        Report.Check(right, "a request to park that does not block completes with what the call would give");
    }

    // Suspended, woken and resumed; then killed: either way in the middle of its requests.
    private static void CheckFates(ThreadGroup* crew, Player* players, ulong* word)
    {
        Ring* ring = &players[0].Ring;
        *word = 0;
        crew->AddAndStartOn(Program.Cpus - 1, &ParkInRing, (ulong)&players[0]);
        bool right = BlockDetection.WaitUntilThreadBlocks(crew->Handle(0)) && Sys.ThreadSuspend(crew->Handle(0)) == Error.None;
        right &= Sys.Unpark((uint*)word, 2) == 1 && Volatile.Read(ref ring->Header->CompletionTail) == 5;
        right &= Sys.ThreadResume(crew->Handle(0)) == Error.None && crew->JoinAll() == 3;
        right &= Next(ring, 0, Error.None) && Next(ring, 1, Error.None) && Next(ring, 2, Error.None);
        Report.Check(right, "one that is suspended while it is parked in a ring goes on with the ring when it is resumed");
        crew->AddAndStartOn(Program.Cpus - 1, &ParkInRing, (ulong)&players[0]);
        right = BlockDetection.WaitUntilThreadBlocks(crew->Handle(0)) && Sys.ThreadKill(crew->Handle(0), Code) == Error.None;
        right &= crew->JoinAll() == Code && Sys.Unpark((uint*)word, 2) == 0;
        right &= ring->Enter(0).Error == Error.None && Next(ring, 0, Error.None) && Next(ring, 1, Error.Gone)
            && ring->Enter().Value == 1 && Next(ring, 2, Error.None);
        Report.Check(right, "one that is killed there is woken by nobody, and leaves the rest of the ring");
    }

    private static ulong ParkInRing(ulong argument)
    {
        Player* own = (Player*)argument;
        own->Ring.TrySubmit(SystemCall.Nop, 0);
        own->Ring.TrySubmit(SystemCall.Park, 1, (ulong)own->Word, 0);
        own->Ring.TrySubmit(SystemCall.Nop, 2);
        return own->Ring.Enter().Value;
    }

    private static bool Play(ThreadGroup* crew, Player* players, uint otherCpu, ulong rounds)
    {
        *players[0].Word = 0;
        players[0].Rounds = rounds;
        players[1].Rounds = rounds;
        crew->AddAndStartOn(0, &TakeTurns, (ulong)&players[0]);
        crew->AddAndStartOn(otherCpu, &TakeTurns, (ulong)&players[1]);
        return crew->JoinAll() == 2 * rounds && *players[0].Word == 2 * rounds;
    }

    // The turn's number is the word: even ones are player 0's. The turns that it took, if all completions were as they should be.
    private static ulong TakeTurns(ulong argument)
    {
        Player* own = (Player*)argument;
        Ring* ring = &own->Ring;
        ulong good = 0;
        for (ulong turn = own->Number; turn < 2 * own->Rounds; turn += 2)
        {
            ulong seen = Volatile.Read(ref *own->Word);
            bool right = true;
            while (seen < turn)
            {
                ring->TrySubmit(SystemCall.Park, 1, (ulong)own->Word, seen);
                right &= ring->Enter().Value == 1 && Parked(ring);
                seen = Volatile.Read(ref *own->Word);
            }

            right &= seen == turn;
            Volatile.Write(ref *own->Word, turn + 1);
            ring->TrySubmit(turn % 3 == 0 ? SystemCall.UnparkSwitch : SystemCall.Unpark, 0, (ulong)own->Word, 1);
            bool last = turn + 2 >= 2 * own->Rounds;
            if (!last)
            {
                ring->TrySubmit(SystemCall.Park, 1, (ulong)own->Word, turn + 1);
            }

            right &= ring->Enter().Value == (last ? 1ul : 2) && Next(ring, 0, Error.None) && (last || Parked(ring));
            good += right ? 1ul : 0;
        }

        return good;
    }

    private static bool Next(Ring* ring, ulong userData, Error error) =>
        ring->TryReadCompletion(out RingCompletion* completion) && completion->UserData == userData && completion->Error == error;

    private static bool Parked(Ring* ring) =>
        ring->TryReadCompletion(out RingCompletion* parked) && parked->UserData == 1 && parked->Error is Error.None or Error.ValueChanged;
}
