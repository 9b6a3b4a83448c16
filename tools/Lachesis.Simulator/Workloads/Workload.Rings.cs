using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Objects;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do with rings. All threads of a process share its rings. Some are honest: nobody writes what it should
/// not. Over the others everybody writes anything, while the kernel reads it.</summary>
internal sealed unsafe partial class Workload
{
    // Places for rings in a process's memory.
    private const int MaxRingsPerProcess = 3;

    private readonly Dictionary<(uint Process, uint Generation), List<ulong>> _ringAddresses = [];

    // Processes in which a thread is about to make a ring: one at a time, or nobody would know which rings share a place.
    private readonly HashSet<(uint Process, uint Generation)> _ringsBeingMade = [];

    private void PerformRings(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        if (operation == Operation.MakeRing)
        {
            MakeRing(cpu, thread, ref dice);
            return;
        }

        List<ProgramRing> rings = _system.Rings.Of(thread->Process->Header.Reference);
        ProgramRing? ring = rings.Count == 0 ? null : rings[dice.Below(rings.Count)];
        switch (operation)
        {
            case Operation.FillRing when ring != null:
                Fill(thread, ring, ref dice);
                break;
            case Operation.EnterRing when !IsFirst(thread):
                if (ring != null && dice.OneIn(2))
                {
                    Fill(thread, ring, ref dice);
                }

                Enter(cpu, thread, ring, ref dice);
                break;
            case Operation.ReadRing when ring != null:
                ReadCompletions(ring, ref dice);
                break;
            case Operation.ScribbleRing when ring != null:
                ScribbleRepeatedly(thread, ring, ref dice);
                break;
            case Operation.LoseRing:
                LoseRing(cpu, thread, ring, ref dice);
                break;
        }
    }

    // In new memory of the process, or where it had one: programs that take one place for two rings at a time must not expect
    // anything of either.
    private void MakeRing(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ObjectRef process = thread->Process->Header.Reference;
        List<ulong> places = RingAddressesOf(process);
        if (places.Count == 0 || (places.Count < MaxRingsPerProcess && dice.OneIn(2)))
        {
            SimulatedSystem.CallResult mapped = Call(cpu, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes);
            if (mapped is not { WentOn: true, Error: Error.None })
            {
                return;
            }

            places.Add(mapped.Value);
        }

        ulong place = places[dice.Below(places.Count)];
        bool taken = _system.Rings.Of(process).Exists(ring => ring.Address == place);
        if ((!taken || dice.OneIn(8)) && _ringsBeingMade.Add((process.Index, process.Generation)))
        {
            ulong shift = dice.OneIn(16) ? RingLayout.PartBytes : 0;
            MakeRingAt(cpu, thread, place + shift, isHonest: dice.OneIn(2), ref dice);
            _ringsBeingMade.Remove((process.Index, process.Generation));
        }
    }

    private void MakeRingAt(uint cpu, Thread* thread, ulong address, bool isHonest, ref SeededRandom dice)
    {
        ulong submissions = (ulong)dice.OneOf(1, 2, 4, 8, 64);
        ulong completions = (ulong)dice.OneOf(1, 2, 4, 8, dice.OneIn(8) ? 3 : 64);
        bool shared = _system.Rings.OnMemoryReused(thread->Process->Header.Reference, address);
        SimulatedSystem.CallResult made =
            Call(cpu, SystemCall.RingCreate, BootHandle.Process, address, submissions, completions);
        CapabilitySlot* slot = made is { WentOn: true, Error: Error.None } ? thread->Process->Handles.Find(made.Value) : null;
        if (slot != null && slot->Kind == ObjectKind.Ring)
        {
            Ring* ring = (Ring*)_system.Kernel->Rings.At(slot->Object.Index);
            StartAnywhere(ring, ref dice);
            var known = new ProgramRing(_system, ring, made.Value, address, isHonest);
            if (shared)
            {
                known.StopTracking();
            }

            _system.Rings.OnCreated(known);
        }
    }

    // As if it had been used for ever, and its counts were about to wrap. Not if another thread is at it already.
    private static void StartAnywhere(Ring* ring, ref SeededRandom dice)
    {
        ulong start = dice.OneIn(2) ? 0 : 0ul - (ulong)dice.Below(20);
        if (ring->Owner == 0 && ring->SubmissionHead == 0 && ring->SharedHeader->SubmissionTail == 0)
        {
            ring->SubmissionHead = ring->CompletionTail = start;
            ring->SharedHeader->SubmissionHead = ring->SharedHeader->SubmissionTail = start;
            ring->SharedHeader->CompletionHead = ring->SharedHeader->CompletionTail = start;
        }
    }

    // A program that has lost count of its own ring begins where the kernel is. With baits it is filled to the
    // brim, and what came before is taken for read.
    private void Fill(Thread* thread, ProgramRing ring, ref SeededRandom dice)
    {
        ulong room = ring.KernelRing->SubmissionMask + 1;
        ulong head = ring.IsHonest ? ring.Header->SubmissionHead : ring.KernelRing->SubmissionHead;
        ulong tail = ring.Header->SubmissionTail - head <= room ? ring.Header->SubmissionTail : head;
        bool isBait = !ring.IsHonest && dice.OneIn(2);
        int most = isBait ? (int)RingLayout.MaxEntries : 1 + dice.Below(6);
        for (int left = most; left > 0 && tail - head < room; left--, tail++)
        {
            RingSubmission submission = isBait ? DecoyRequest(isHarmless: true) : SomeRequest(thread, ref dice);
            submission.UserData = dice.Next();
            ring.Submissions[tail & ring.KernelRing->SubmissionMask] = submission;
            ring.Submit(in submission);
            RecordSubmission(thread, in submission);
        }

        ring.Header->CompletionHead = isBait ? ring.KernelRing->CompletionTail : ring.Header->CompletionHead;
        WriteTail(ring, tail);
    }

    private static void WriteTail(ProgramRing ring, ulong tail)
    {
        ring.OnTailWritten(tail);
        ring.Header->SubmissionTail = tail;
    }

    // The first thread is to come back: it stays out of rings.
    private void Enter(uint cpu, Thread* thread, ProgramRing? ring, ref SeededRandom dice)
    {
        ulong most = dice.OneOf(0ul, 1ul, 2ul, 8ul, RingLayout.MaxEntries, ulong.MaxValue);
        if (ring == null || dice.OneIn(16))
        {
            Call(cpu, SystemCall.RingEnter, SomeHandle(thread, ObjectKind.Ring, ref dice), most);
            return;
        }

        var entry = new RingEntry(_system, ring, most);
        SimulatedSystem.CallResult result = Call(cpu, SystemCall.RingEnter, ring.Handle, most);
        if (result.WentOn)
        {
            entry.Check(result);
        }
    }

    // Some of what is there: the rest stays, and soon there is no room.
    private void ReadCompletions(ProgramRing ring, ref SeededRandom dice)
    {
        RingHeader* header = ring.Header;
        ulong most = (ulong)dice.OneOf(1, 2, 4, 64);
        if (!ring.IsHonest)
        {
            bool lost = header->CompletionTail - header->CompletionHead > ring.KernelRing->CompletionMask + 1;
            header->CompletionHead = lost ? ring.KernelRing->CompletionTail : ulong.Min(header->CompletionHead + most, header->CompletionTail);
            return;
        }

        for (; most != 0 && header->CompletionHead != header->CompletionTail; most--)
        {
            ring.CheckCompletion(_system, header->CompletionHead);
            header->CompletionHead++;
        }
    }

    // As long as it is that ring, while other CPUs go on.
    private void ScribbleRepeatedly(Thread* thread, ProgramRing ring, ref SeededRandom dice)
    {
        for (int left = 1 + dice.Below(16); left > 0 && !ring.IsHonest && _system.Rings.Of(ring.KernelRing) == ring; left--)
        {
            Scribble(thread, ring, ref dice);
            _system.Interleaver?.Point(Access.UserMemory);
        }
    }

    // Anything of the memory of a ring, at any time: often where the kernel reads next.
    private void Scribble(Thread* thread, ProgramRing ring, ref SeededRandom dice)
    {
        RingHeader* header = ring.Header;
        ulong slot = dice.OneIn(4) ? dice.Next() : ring.KernelRing->SubmissionHead;
        RingSubmission* submission = ring.Submissions + (slot & ring.KernelRing->SubmissionMask);
        switch (dice.Below(8))
        {
            case 0:
                WriteTail(ring, ring.KernelRing->SubmissionHead + (ulong)dice.Below((int)ring.KernelRing->SubmissionMask + 4));
                break;
            case 1:
                WriteTail(ring, dice.Next() >> dice.Below(64));
                break;
            case 2:
                header->CompletionHead = dice.OneIn(2) ? dice.Next() : ring.KernelRing->CompletionTail - (ulong)dice.Below(8);
                break;
            case 3:
                header->SubmissionHead = dice.Next();
                header->CompletionTail = dice.Next();
                header->SubmissionMask = dice.Next();
                header->CompletionMask = dice.Next();
                break;
            case 4:
                ((ulong*)submission)[dice.OneOf(0, 6, 7)] = dice.Next() >> dice.Below(64);
                break;
            case 5:
                *submission = SomeRequest(thread, ref dice);
                break;
            default:
                *submission = DecoyRequest(dice.OneIn(2));
                break;
        }
    }

    private void LoseRing(uint cpu, Thread* thread, ProgramRing? ring, ref SeededRandom dice)
    {
        ulong handle = ring == null || dice.OneIn(4) ? SomeHandle(thread, ObjectKind.Ring, ref dice) : ring.Handle;
        SystemCall call = dice.OneOf(
            SystemCall.CapabilityDelete, SystemCall.CapabilityRevoke, SystemCall.CapabilityMove, SystemCall.CapabilityMint,
            SystemCall.CapabilityInspect);
        Call(cpu, call, handle, call == SystemCall.CapabilityMint ? (ulong)(dice.OneIn(2) ? Rights.Same : (Rights)dice.Below(20)) : 0);
    }

    private List<ulong> RingAddressesOf(ObjectRef process)
    {
        if (!_ringAddresses.TryGetValue((process.Index, process.Generation), out List<ulong>? places))
        {
            _ringAddresses.Add((process.Index, process.Generation), places = []);
        }

        return places;
    }

    private void RecordSubmission(Thread* thread, in RingSubmission submission)
    {
        if (_simulation.Recorder != null)
        {
            uint cpu = SimulatedSystem.StateOf(thread).Cpu;
            Note(cpu, $"thread {SimulatedSystem.NameOf(thread)} asks for {DescriptionOf(in submission)}");
        }
    }
}
