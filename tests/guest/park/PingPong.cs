using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Two threads that wake each other in turn, very often: one lost wake, and both wait for ever.</summary>
internal static unsafe class PingPong
{
    private const ulong NearRounds = 100_000;
    private const ulong FarRounds = 20_000;
    private const ulong CrowdedRounds = 2_000;
    private const ulong JostledRounds = 2_000;

    private struct Table
    {
        internal ulong Turn;
        internal ulong Rounds;
        internal ulong Wrong;
        internal ulong Stop;
        internal ulong Switching;
    }

    private struct Player
    {
        internal Table* Table;
        internal ulong Number;
    }

    internal static void Run()
    {
        Table* table = (Table*)Memory.Map(2 * (ulong)sizeof(Table) * Program.Cpus);
        Player* players = (Player*)Memory.Map(2 * (ulong)sizeof(Player) * Program.Cpus);
        ThreadGroup crew = ThreadGroup.Allocate(4 + (2 * Program.Cpus));
        Report.Check(
            RunPair(&crew, table, players, 0, 0, NearRounds, 0),
            "two threads of one CPU wake each other 100,000 times");
        Report.Check(
            RunPair(&crew, table, players, 0, 0, NearRounds, 1), "and so they do when each wake hands over the CPU");
        if (Program.Cpus > 1)
        {
            ulong rounds = Program.Cpus > 2 ? CrowdedRounds : FarRounds;
            Report.Check(
                RunPair(&crew, table, players, 0, Program.Cpus - 1, rounds, 0),
                "two threads of two CPUs wake each other thousands of times");
            Report.Check(PlayInCrowd(&crew, table, players), "and so they do while others keep that address's queue busy");
            Report.Check(
                RunPair(&crew, table, players, 0, Program.Cpus - 1, rounds, 1),
                "handing over or not, when the other's CPU is another");
        }

        Report.Check(PlayEverywhere(&crew, table, players), "pairs without any CPU of their own wake each other thousands of times");
    }

    private static bool RunPair(
        ThreadGroup* crew, Table* table, Player* players, uint first, uint second, ulong rounds, ulong switching)
    {
        SetUp(table, players, rounds, switching);
        crew->AddAndStartOn(first, &TakeTurns, (ulong)&players[0]);
        crew->AddAndStartOn(second, &TakeTurns, (ulong)&players[1]);
        return crew->JoinAll() == 2 * rounds && table->Wrong == 0 && table->Turn == 2 * rounds;
    }

    // Others that never park, nor wake anyone, make players wait for the queue's lock between a look at the word and
    // parking.
    private static bool PlayInCrowd(ThreadGroup* crew, Table* table, Player* players)
    {
        SetUp(table, players, JostledRounds, 0);
        crew->AddAndStartOn(0, &TakeTurns, (ulong)&players[0]);
        crew->AddAndStartOn(Program.Cpus - 1, &TakeTurns, (ulong)&players[1]);
        crew->AddAndStartOn(0, &Crowd, (ulong)table);
        crew->AddAndStartOn(Program.Cpus - 1, &Crowd, (ulong)table);
        ulong turns = Sys.ThreadJoin(crew->Handle(0)).Value + Sys.ThreadJoin(crew->Handle(1)).Value;
        Volatile.Write(ref table->Stop, 1);
        crew->JoinAll();
        return turns == 2 * JostledRounds && table->Wrong == 0;
    }

    private static ulong Crowd(ulong argument)
    {
        Table* table = (Table*)argument;
        while (Volatile.Read(ref table->Stop) == 0)
        {
            for (int i = 0; i < 4; i++)
            {
                Parking.Park(ref table->Turn, uint.MaxValue);
            }

            Sys.Yield();
        }

        return 0;
    }

    private static bool PlayEverywhere(ThreadGroup* crew, Table* tables, Player* players)
    {
        uint pairs = Program.Cpus;
        ulong rounds = Program.Cpus > 2 ? CrowdedRounds / 2 : FarRounds / 2;
        for (uint i = 0; i < pairs; i++)
        {
            SetUp(&tables[i], &players[i * 2], rounds, i & 1);
            crew->AddAndStart(&TakeTurns, (ulong)&players[i * 2]);
            crew->AddAndStart(&TakeTurns, (ulong)&players[(i * 2) + 1]);
        }

        ulong turns = crew->JoinAll();
        bool right = turns == pairs * 2 * rounds;
        for (uint i = 0; i < pairs; i++)
        {
            right &= tables[i].Wrong == 0;
        }

        return right;
    }

    private static void SetUp(Table* table, Player* players, ulong rounds, ulong switching)
    {
        *table = default;
        table->Rounds = rounds;
        table->Switching = switching;
        players[0].Table = table;
        players[0].Number = 0;
        players[1].Table = table;
        players[1].Number = 1;
    }

    // The turn's number is the word that is parked on: even ones are player 0's, odd ones player 1's.
    private static ulong TakeTurns(ulong argument)
    {
        Player* own = (Player*)argument;
        Table* table = own->Table;
        ulong turns = 0;
        for (; turns < table->Rounds; turns++)
        {
            ulong mine = (turns * 2) + own->Number;
            ulong turn = Volatile.Read(ref table->Turn);
            while (turn < mine)
            {
                Error error = Parking.Park(ref table->Turn, turn);
                table->Wrong += error is Error.None or Error.ValueChanged ? 0ul : 1;
                turn = Volatile.Read(ref table->Turn);
            }

            table->Wrong += turn != mine ? 1ul : 0;
            Volatile.Write(ref table->Turn, mine + 1);
            if (table->Switching != 0)
            {
                Sys.UnparkSwitch((uint*)&table->Turn);
            }
            else
            {
                Parking.WakeOne(ref table->Turn);
            }
        }

        return turns;
    }
}
