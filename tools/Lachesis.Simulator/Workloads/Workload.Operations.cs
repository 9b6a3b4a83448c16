using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Objects;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>The operations of programs.</summary>
internal sealed unsafe partial class Workload
{
    private void Perform(uint cpu, Operation operation, ref SeededRandom dice)
    {
        Thread* thread = _system.Cpu(cpu)->Current;
        int slice = (int)_system.Shape.SliceNs;
        switch (operation)
        {
            case Operation.Compute:
                _system.Advance(dice.OneIn(_plan.LongOneIn) ? dice.Below(3 * slice) : dice.Below(slice / 4));
                break;
            case Operation.Yield:
                Call(cpu, SystemCall.Yield);
                break;
            case Operation.Park:
                Park(cpu, thread, ref dice);
                break;
            case Operation.Unpark:
                UnparkSome(cpu, ParkedWords.At(dice.Below(ParkedWords.Count)), (ulong)dice.Below(4));
                break;
            case Operation.UnparkSwitch:
                Call(cpu, SystemCall.UnparkSwitch, ParkedWords.At(dice.Below(ParkedWords.Count)));
                break;
            case Operation.Signal:
                Signal(cpu, thread, ref dice);
                break;
            case Operation.Sleep:
                Call(cpu, SystemCall.SleepUntil, (ulong)(_system.Clock + dice.Below(3 * slice)));
                break;
            case Operation.Create:
            case Operation.CreateAndStart:
                Create(cpu, thread, operation == Operation.CreateAndStart, ref dice);
                break;
            case Operation.Start:
                Call(cpu, SystemCall.ThreadStart, SomeHandle(thread, ObjectKind.Thread, ref dice));
                break;
            case Operation.Join when !IsFirst(thread):
                Call(cpu, SystemCall.ThreadJoin, SomeHandle(thread, ObjectKind.Thread, ref dice));
                break;
            case Operation.SetAffinity:
                Call(cpu, SystemCall.ThreadSetAffinity, SomeHandle(thread, ObjectKind.Thread, ref dice), dice.Next() >> 60);
                break;
            case Operation.Runtime:
                Call(cpu, SystemCall.ThreadRuntime, SomeHandle(thread, ObjectKind.Thread, ref dice));
                break;
            default:
                PerformScheduling(cpu, thread, operation, ref dice);
                break;
        }
    }

    private void PerformLifecycle(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        switch (operation)
        {
            case Operation.Spawn:
                _system.PutRequest(cpu, "child", (Grants)dice.Below(16), (ulong)(1 + dice.Below(15)));
                Call(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
                break;
            case Operation.EndProcess:
                EndProcess(cpu, thread, ref dice);
                break;
            case Operation.WaitProcess when !IsFirst(thread):
                Call(cpu, SystemCall.ProcessWait, SomeHandle(thread, ObjectKind.Process, ref dice));
                break;
            case Operation.MapMemory:
                Call(cpu, SystemCall.MemoryMap, SomeHandle(thread, ObjectKind.Process, ref dice), (ulong)dice.Below(3 * 4096));
                break;
            case Operation.BadCall:
                Call(cpu, (SystemCall)((int)SystemCall.Count + dice.Below(1000)), dice.Next(), dice.Next(), dice.Next());
                break;
            case Operation.Log:
                Call(cpu, SystemCall.LogWrite, BootHandle.Log, SimulatedSystem.DataAddress, (ulong)dice.Below(40));
                break;
            case Operation.Exit when !IsFirst(thread):
                Call(cpu, SystemCall.ThreadExit, 3);
                break;
            case Operation.Fault when !IsFirst(thread):
                Fault(cpu, thread, ref dice);
                break;
            default:
                if (operation is Operation.Suspend or Operation.Resume or Operation.Kill)
                {
                    SuspendResumeOrKill(cpu, thread, operation, ref dice);
                }
                else if (operation >= Operation.MakeRing)
                {
                    PerformRings(cpu, thread, operation, ref dice);
                }
                else if (operation >= Operation.CreateSession)
                {
                    PerformSessions(cpu, thread, operation, ref dice);
                }
                else if (operation >= Operation.MakeObject)
                {
                    PerformMessages(cpu, thread, operation, ref dice);
                }
                else
                {
                    PerformCapabilities(cpu, thread, operation, ref dice);
                }

                break;
        }
    }

    private void Fault(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        Note(cpu, $"thread {SimulatedSystem.NameOf(thread)} faults");
        _system.Fault(cpu, (uint)dice.Below(32), (uint)dice.Next(), dice.Next());
    }

    // The first thread always comes back by itself, so that a run does not end before its time.
    private void Park(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong word = ParkedWords.At(dice.Below(ParkedWords.Count));
        uint expected = dice.OneIn(4) ? (uint)dice.Below(2) : Words.ValueOf(thread->Process, word);
        bool forEver = dice.OneIn(2) && !IsFirst(thread);
        ulong deadline = forEver ? 0 : (ulong)(_system.Clock + dice.Below(2 * (int)_system.Shape.SliceNs));
        Words.OnPark(thread, expected);
        _system.ParkedValueOf(cpu) = Words.ValueOf(thread->Process, word);
        Call(cpu, SystemCall.Park, word, expected, deadline);
    }

    // What every sound program does: change the word, then wake all who wait for that.
    private void Signal(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong word = ParkedWords.At(dice.Below(ParkedWords.Count));
        uint value = dice.OneIn(4) ? (uint)dice.Below(2) : 1 ^ Words.ValueOf(thread->Process, word);
        Words.OnChange(thread->Process, word, value);
        if (_simulation.Recorder != null)
        {
            Note(cpu, $"thread {SimulatedSystem.NameOf(thread)} writes {value} at {word:x}");
        }

        UnparkSome(cpu, word, CallLimits.MaxUnpark);
    }

    private void UnparkSome(uint cpu, ulong word, ulong most)
    {
        ObjectRef process = _system.Cpu(cpu)->Current->Process->Header.Reference;
        ulong version = Words.VersionOf(process, word);
        Call(cpu, SystemCall.Unpark, word, most);
        if (most == CallLimits.MaxUnpark)
        {
            Words.OnWakeAll(process, word, version);
        }
    }

    private void Create(uint cpu, Thread* thread, bool start, ref SeededRandom dice)
    {
        if (_system.Kernel->Threads.InUse >= _plan.MaxThreads && !dice.OneIn(16))
        {
            return;
        }

        SimulatedSystem.CallResult made = Call(
            cpu,
            SystemCall.ThreadCreate,
            SomeHandle(thread, ObjectKind.Process, ref dice),
            SimulatedSystem.Entry,
            SimulatedSystem.DataAddress);
        if (start && made is { WentOn: true, Error: Error.None })
        {
            Call(cpu, SystemCall.ThreadStart, made.Value);
        }
    }

    // A process of the workload may end itself and those that it has capabilities to, but for the first.
    private void EndProcess(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong handle = SomeHandle(thread, ObjectKind.Process, ref dice);
        CapabilitySlot* named = thread->Process->Handles.Find(handle);
        if (named == null || named->Kind != ObjectKind.Process || named->Object.Index != 0)
        {
            Call(cpu, SystemCall.ProcessExit, handle, 5);
        }
    }

    // Mostly a handle of the right kind, sometimes any number.
    private static ulong SomeHandle(Thread* thread, ObjectKind kind, ref SeededRandom dice)
    {
        if (dice.OneIn(20))
        {
            return dice.Next();
        }

        CapabilitySpace* table = &thread->Process->Handles;
        uint start = table->HighWaterMark == 0 ? 0 : (uint)dice.Below((int)table->HighWaterMark);
        for (uint i = 0; i < table->HighWaterMark; i++)
        {
            uint index = (start + i) % table->HighWaterMark;
            CapabilitySlot* slot = table->SlotAt(index);
            if (slot->Kind == kind)
            {
                return slot->Handle;
            }
        }

        return 0;
    }
}
