using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>A process that makes random calls: two threads that make them, and one that writes over what they point
/// to.</summary>
internal unsafe struct Worker
{
    internal const long Role = 2;
    internal const long ChildRole = 3;
    internal const uint LogSlot = 31;

    internal const uint CoverageSlot = LogSlot - CallSetChannel.Slots;
    internal const uint RingCoverageSlot = CoverageSlot - CallSetChannel.Slots;

    private const ulong ChildCalls = 12;
    private const int SecretWords = 512;
    private const int HistoryLength = 16;
    private const int FoundWords = 11;
    private const int MaxIdle = 10;

    // The log is for the supervisor: few may write to it.
    private const ulong WritersOneIn = 32;

    /// <summary>Bytes that calls may write to, and that are written over meanwhile; IPC buffers are in it.</summary>
    internal const ulong ScratchBytes = 8192;

    /// <summary>Calls begun.</summary>
    internal ulong Calls;

    /// <summary>How many there shall be.</summary>
    internal ulong Limit;

    /// <summary>Not to wait, end or suspend: there is nobody to see to it.</summary>
    internal bool IsChild;

    /// <summary>The capability to its own process that calls are made with. Calls seldom hit the one from which it is derived:
    /// that one is to end the process with.</summary>
    internal ulong Own;

    /// <summary>Calls that no worker has succeeded with so far.</summary>
    internal CallSet Wanted;

    /// <summary>The same, for those that a ring asks for.</summary>
    internal CallSet WantedInRing;

    /// <summary>Calls that succeeded.</summary>
    internal CallSet Succeeded;

    /// <summary>The same, for those that a ring asked for.</summary>
    internal CallSet SucceededInRing;

    /// <summary>Whether the rings of this life are written over while the kernel reads them.</summary>
    internal bool ScribblesRings;

    /// <summary>Where the rings of both threads lie; null if there are none.</summary>
    internal byte* Rings;

    /// <summary>The reply object of the thread that scribbles: callers of the common endpoint get answers from it.</summary>
    internal ulong Server;

    internal ulong Pattern;
    internal byte* Scratch;
    internal byte* Stacks;
    internal Handles Handles;

    private ulong* _secret;
    private ulong _end;
    private ulong _log;
    private CallSetChannel _coverage;
    private CallSetChannel _ringCoverage;
    private ulong _failed;
    private fixed ulong _found[FoundWords];
    private ulong _historyNext;
    private fixed ulong _history[HistoryLength * 6];

    /// <summary>A worker's life: its exit code.</summary>
    internal static ulong RunRole()
    {
        Worker* worker = Make();
        Fuzzer* fuzzers = (Fuzzer*)Memory.Map(2 * (ulong)sizeof(Fuzzer));
        UserThread* threads = (UserThread*)Memory.Map(2 * (ulong)sizeof(UserThread));
        byte* rings = Memory.Map(2 * RingLayout.Bytes);
        if (worker == null || fuzzers == null || threads == null || rings == null)
        {
            return 0;
        }

        worker->Server = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        worker->Rings = rings;
        worker->ScribblesRings = (Program.Argument("life", 0) & 1) != 0;

        ulong seed = (ulong)Program.Argument("seed", 1);
        for (uint i = 0; i < 2; i++)
        {
            fuzzers[i].SetUp(worker, seed + i, rings + (i * RingLayout.Bytes));
        }

        byte* stack = Memory.Map(4 * UserLayout.PageSize);
        UserThread.Create(&threads[0], &Fuzzer.Run, (ulong)&fuzzers[1], (ulong)stack + (4 * UserLayout.PageSize));
        UserThread.Create(&threads[1], &Scribbler.Run, (ulong)worker);
        worker->HideEnd();
        Sys.ThreadStart(threads[1].Handle);
        Sys.ThreadStart(threads[0].Handle);
        return Fuzzer.Run((ulong)&fuzzers[0]);
    }

    /// <summary>The life of a process that a worker started.</summary>
    internal static ulong RunAsChild()
    {
        Worker* worker = Make();
        Fuzzer* fuzzer = (Fuzzer*)Memory.Map((ulong)sizeof(Fuzzer));
        if (worker != null && fuzzer != null)
        {
            worker->IsChild = true;
            worker->Limit = ChildCalls;
            fuzzer->SetUp(worker, (ulong)Program.Argument("seed", 1), null);
            worker->HideEnd();
            Fuzzer.Run((ulong)fuzzer);
            Sys.ProcessExit(worker->_end, 0);
        }

        return 0;
    }

    /// <summary>One more call begins: it is kept in mind.</summary>
    internal void RecordCall(Frame* frame)
    {
        ulong place = Interlocked.ExchangeAdd(ref _historyNext, 1) % HistoryLength;
        fixed (ulong* history = _history)
        {
            ulong* entry = history + (place * 6);
            entry[0] = frame->Number;
            entry[1] = frame->A0;
            entry[2] = frame->A1;
            entry[3] = frame->A2;
            entry[4] = frame->A3;
            entry[5] = (ulong)frame;
        }
    }

    /// <summary>Whether anything was found in this process's memory that should not be there.</summary>
    internal Finding CheckMemory()
    {
        for (int i = 0; i < SecretWords; i++)
        {
            if (_secret[i] != Pattern + ((ulong)i & 0xFF))
            {
                return Finding.ChangedMemory;
            }
        }

        fixed (ulong* found = _found)
        {
            Finding finding = Findings.InMemory((ulong*)Scratch, ScratchBytes / sizeof(ulong), Pattern, found);
            for (ulong i = 0; i < 2 && Rings != null && finding == Finding.None; i++)
            {
                finding = RingFuzzer.FindLeak(Rings + (i * RingLayout.Bytes), Pattern, found);
            }

            return finding;
        }
    }

    /// <summary>Keeps what else there is to say of a wrong completion: its user data, its call and error; and where there is room
    /// for nine words more.</summary>
    internal ulong* RecordCompletion(ulong where, ulong what)
    {
        fixed (ulong* found = _found)
        {
            found[0] = where;
            found[1] = what;
            return found + 2;
        }
    }

    /// <summary>Something is wrong: says what, and ends the process. Does not return.</summary>
    internal void Fail(Finding finding, Frame* frame)
    {
        if (Interlocked.Exchange(ref _failed, 1) == 0)
        {
            LogFinding(finding, frame);
            Sys.ProcessExit(_end, WorkerExitCode.Failed | (ulong)finding << 16 | (ushort)frame->Number);
        }

        Sys.ThreadExit(WorkerExitCode.Failed);
    }

    /// <summary>The calls are made: ends the process, if it still may.</summary>
    internal ulong Finish()
    {
        ulong made = Calls < Limit ? Calls : Limit;
        _coverage.Report(Succeeded);
        _ringCoverage.Report(SucceededInRing);
        Sys.ProcessExit(_end, WorkerExitCode.Completed | made);
        return WorkerExitCode.Completed | made;
    }

    /// <summary>Whether so many bytes are in the memory that calls may write to.</summary>
    internal readonly bool IsScratch(ulong address, ulong bytes) => address - (ulong)Scratch <= ScratchBytes - bytes;

    /// <summary>Watches that calls are made, and ends the process when none has been for long; true then.</summary>
    internal bool IsIdle(ref ulong seen, ref int idle)
    {
        ulong calls = Volatile.Read(ref Calls);
        idle = calls == seen ? idle + 1 : 0;
        seen = calls;
        return idle > MaxIdle;
    }

    private void HideEnd()
    {
        Random random = new(Pattern);
        _end = Sys.CapabilityMove(BootHandle.Process).Value;
        _log = Sys.CapabilityMove(LogSlot).Value;
        _coverage = CallSetChannel.Move(CoverageSlot);
        _ringCoverage = CallSetChannel.Move(RingCoverageSlot);
        Own = Sys.CapabilityCopy(_end).Value;
        Handles.Remember(Own, ref random);
        if (random.Below(WritersOneIn) == 0)
        {
            Handles.Remember(_log, ref random);
        }
    }

    private static Worker* Make()
    {
        Worker* worker = (Worker*)Memory.Map((ulong)sizeof(Worker));
        if (worker == null)
        {
            return null;
        }

        worker->Limit = (ulong)Program.Argument("calls", 1000);
        worker->Wanted = new CallSet((ulong)Program.Argument("wanted", 0), (ulong)Program.Argument("wantedHigh", 0));
        worker->WantedInRing = new CallSet(
            (ulong)Program.Argument("wantedInRing", 0), (ulong)Program.Argument("wantedInRingHigh", 0));
        worker->Pattern = Findings.PatternOf((ulong)Program.Argument("life", 0));
        worker->Scratch = Memory.Map(ScratchBytes);
        worker->Stacks = Memory.Map(UserLayout.PageSize);
        worker->_secret = (ulong*)Memory.Map(SecretWords * sizeof(ulong));
        if (worker->Scratch == null || worker->Stacks == null || worker->_secret == null)
        {
            return null;
        }

        for (int i = 0; i < SecretWords; i++)
        {
            worker->_secret[i] = worker->Pattern + ((ulong)i & 0xFF);
        }

        return worker;
    }

    private void LogFinding(Finding finding, Frame* frame)
    {
        LogValue("fuzz: finding ", (ulong)finding, "");
        fixed (ulong* history = _history)
        {
            for (ulong i = 0; i < HistoryLength; i++)
            {
                Line("fuzz: made", history + ((_historyNext + i) % HistoryLength * 6), 6);
            }
        }

        fixed (ulong* found = _found)
        {
            Line("fuzz: found at and is", found, FoundWords);
        }

        Line("fuzz: went in", &frame->Number, 7);
        Line("fuzz: came out", &frame->Rax, Frame.Registers);
        for (int i = 0; i < 32; i += 8)
        {
            Line("fuzz: vectors", &frame->Vector[i], 8);
        }
    }

    private void LogValue(string what, ulong value, string behind)
    {
        Text line = default;
        line.Add(what);
        line.Add((long)value);
        line.Add(behind);
        Write(in line);
    }

    private void Line(string what, ulong* words, int count)
    {
        Text line = default;
        line.Add(what);
        for (int i = 0; i < count; i++)
        {
            line.Add(" ");
            AddHex(ref line, words[i]);
        }

        Write(in line);
    }

    private static void AddHex(ref Text line, ulong value)
    {
        int shift = 60;
        while (shift > 0 && value >> shift == 0)
        {
            shift -= 4;
        }

        for (; shift >= 0; shift -= 4)
        {
            uint digit = (uint)(value >> shift) & 15;
            line.AddByte((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    private void Write(in Text line)
    {
        byte* bytes = stackalloc byte[(int)CallLimits.MaxLogBytes];
        line.CopyTo(bytes);
        bytes[line.Length] = (byte)'\n';
        Sys.Call(SystemCall.LogWrite, _log, (ulong)bytes, (ulong)line.Length + 1);
    }
}
