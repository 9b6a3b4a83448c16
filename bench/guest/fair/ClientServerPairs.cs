using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// Two clients and their servers, one server a thread of this process and one a process of its own, each pair beside a hog. Of
/// a pair one can run at a time, so together they are to get no less than a hog; and neither more than a hog, however often they
/// hand each other the CPU.
/// </summary>
internal unsafe struct ClientServerPairs
{
    /// <summary>Turns of a loop, some 16 microseconds' worth.</summary>
    internal const ulong Short = 4_000;

    /// <summary>Some 300 microseconds' worth: nearly half a request.</summary>
    internal const ulong Long = 75_000;

    private const uint Count = 2;
    private const uint FirstClient = 2;
    private const uint FirstServer = 4;
    private const long SettleNs = 1_000_000;
    private const long Parts = 1_000_000_000;

    private Hogs _hogs;
    private ClientServerPair* _pairs;
    private ulong _server;
    private ulong _serverBefore;

    /// <summary>
    /// Each computes for so long a call. The first pair and its hog run on the CPUs of one mask, the second of another.
    /// </summary>
    internal static void Measure(long lengthNs, ulong clientLoops, ulong serverLoops, ulong mask, ulong otherMask, string name)
    {
        ClientServerPairs pairs = default;
        pairs._hogs = Hogs.Reserve();
        pairs._pairs = (ClientServerPair*)Memory.Map(Count * (ulong)sizeof(ClientServerPair));
        pairs.Make(clientLoops, serverLoops, mask, otherMask);
        pairs._hogs.Start();
        pairs._hogs.StartInterval();
        pairs._serverBefore = pairs.RuntimeOfServer();
        long began = Clock.Now();
        Sys.SleepUntil(began + lengthNs);
        Shares shares = pairs._hogs.ReadShares();
        shares.Add(pairs.RuntimeOfServer() - pairs._serverBefore, SchedulingLimits.DefaultWeight);
        Report(in shares, Clock.Now() - began, name);
        pairs.End();
    }

    private void Make(ulong clientLoops, ulong serverLoops, ulong mask, ulong otherMask)
    {
        const uint weight = SchedulingLimits.DefaultWeight;
        ClientServerPair.Initialize(_pairs, _hogs.StopWord, clientLoops, serverLoops);
        ClientServerPair.Initialize(_pairs + 1, _hogs.StopWord, clientLoops, serverLoops);
        _hogs.Add(mask, 0);
        _hogs.Add(otherMask, 0);
        _hogs.Add(&ClientServerPair.Call, (ulong)_pairs, mask, weight);
        _hogs.Add(&ClientServerPair.Call, (ulong)(_pairs + 1), otherMask, weight);
        _hogs.Add(&ClientServerPair.Serve, (ulong)_pairs, mask, weight);
        _server = ClientServerPair.StartServer(_pairs + 1, otherMask);

        // The other process comes to where it waits for calls.
        Sys.SleepUntil(Clock.Now() + SettleNs);
    }

    private static void Report(in Shares shares, long elapsedNs, string name)
    {
        long gain = long.MinValue;
        long lack = long.MinValue;
        for (uint i = 0; i < Count; i++)
        {
            long hog = shares.RuntimeOf(i);
            long client = shares.RuntimeOf(FirstClient + i);
            long server = shares.RuntimeOf(FirstServer + i);
            gain = Greater(gain, Greater(client, server) - hog);
            lack = Greater(lack, hog - client - server);
        }

        Shares.Metric(name, "GainNs", gain);
        Shares.Metric(name, "GainPpb", gain * Parts / elapsedNs);
        Shares.Metric(name, "LackNs", lack);
        Shares.Metric(name, "LackPpb", lack * Parts / elapsedNs);
        Shares.Metric(name, "SharePpb", shares.SharePpbOf(FirstClient) + shares.SharePpbOf(FirstServer));
        Shares.Metric(name, "OtherSharePpb", shares.SharePpbOf(FirstClient + 1) + shares.SharePpbOf(FirstServer + 1));
    }

    // The clients' last calls end their servers.
    private void End()
    {
        _hogs.Stop();
        SpawnBuilder.WaitAndClose(_server);
        _hogs.StopAndJoin();
        ClientServerPair.Destroy(_pairs);
        ClientServerPair.Destroy(_pairs + 1);
    }

    private readonly ulong RuntimeOfServer()
    {
        Ledgers.OfProcess(_server, out LedgerReading reading);
        return reading.Sum.RuntimeNs;
    }

    private static long Greater(long a, long b) => a > b ? a : b;
}
