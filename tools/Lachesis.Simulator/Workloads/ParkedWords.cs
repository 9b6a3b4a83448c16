using System.Collections.Generic;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>
/// The words that programs park at, and what must hold for them: once a word was changed and everybody woken who waits
/// there, nobody sleeps on that parked for its old value. This is what "no wake is lost" means to a program.
/// </summary>
internal sealed unsafe class ParkedWords(SimulatedSystem system)
{
    /// <summary>Words of each process.</summary>
    public const int Count = 3;

    private const ulong First = SimulatedSystem.DataAddress + 0x800;

    private readonly Dictionary<(uint Process, uint Generation, ulong Word), (ulong Changed, ulong Woken)> _versions = [];
    private readonly Dictionary<(uint Thread, uint Generation), uint> _expected = [];

    /// <summary>The address of a word, by number.</summary>
    public static ulong At(int number) => First + (4 * (ulong)number);

    /// <summary>The value of a word.</summary>
    public uint ValueOf(Process* process, ulong word) => *(uint*)system.Users.At(process->PageTableRoot, word);

    /// <summary>A thread is about to park, as long as its word has this value.</summary>
    public void OnPark(Thread* thread, uint expected) =>
        _expected[(thread->Header.Index, thread->Header.Generation)] = expected;

    /// <summary>A program writes a word.</summary>
    public void OnChange(Process* process, ulong word, uint value)
    {
        system.WriteUserWord(process, word, value);
        (uint, uint, ulong) key = (process->Header.Index, process->Header.Generation, word);
        (ulong changed, ulong woken) = _versions.GetValueOrDefault(key);
        _versions[key] = (changed + 1, woken);
    }

    /// <summary>How often a word was changed so far.</summary>
    public ulong VersionOf(ObjectRef process, ulong word) =>
        _versions.GetValueOrDefault((process.Index, process.Generation, word)).Changed;

    /// <summary>Everybody was woken who waited at a word, by a call made when it had this version.</summary>
    public void OnWakeAll(ObjectRef process, ulong word, ulong version)
    {
        (uint, uint, ulong) key = (process.Index, process.Generation, word);
        (ulong changed, ulong woken) = _versions.GetValueOrDefault(key);
        _versions[key] = (changed, ulong.Max(woken, version));
    }

    /// <summary>Throws if a thread sleeps on that should have been woken. No CPU is in the kernel.</summary>
    public void Check()
    {
        foreach (nint at in system.Threads)
        {
            Thread* thread = (Thread*)at;
            long bucket = (byte*)thread->WaitingIn - system.ParkMemory.Start;
            bool parked = SimulatedSystem.StateOf(thread).Location == ThreadLocation.Blocked
                && bucket >= 0 && bucket < (long)system.ParkMemory.Length;
            if (parked && thread->Process->ExitPending == 0)
            {
                CheckParked(thread);
            }
        }
    }

    private void CheckParked(Thread* thread)
    {
        Process* process = thread->Process;
        (ulong changed, ulong woken) = _versions.GetValueOrDefault(
            (process->Header.Index, process->Header.Generation, thread->ParkAddress));
        uint value = ValueOf(process, thread->ParkAddress);
        Invariants.Require(
            changed != woken || ExpectedBy(thread) is not { } expected || value == expected,
            "a thread sleeps on though its word changed and all were woken: a lost wake");
    }

    // Through a ring that others write over, it may have parked for anything: null.
    private uint? ExpectedBy(Thread* thread)
    {
        Ring* ring = thread->Context.Ring;
        if (ring == null)
        {
            return _expected[(thread->Header.Index, thread->Header.Generation)];
        }

        return system.Rings.Of(ring) is { IsHonest: true } known ? (uint)known.At(ring->SubmissionHead - 1).A1 : null;
    }
}
