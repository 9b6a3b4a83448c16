using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machines;
using Lachesis.Core.Threads;

using Lachesis.Simulator;

namespace Lachesis.Core.Tests.Storms;

/// <summary>What the threads of a storm do.</summary>
internal sealed unsafe partial class Storm
{
    private const int Words = 3;

    private void Call(uint cpu)
    {
        Thread* thread = System.Cpu(cpu)->Current;
        int choice = _random.Next(100);
        switch (choice)
        {
            case < 14:
                Call(cpu, SystemCall.Yield);
                break;
            case < 26:
                Call(cpu, SystemCall.Park, Word(), (ulong)_random.Next(2), SomeDeadline());
                break;
            case < 38:
                Call(cpu, SystemCall.Unpark, Word(), (ulong)_random.Next(4));
                break;
            case < 46:
                Call(cpu, SystemCall.UnparkSwitch, Word());
                break;
            case < 54:
                Call(cpu, SystemCall.SleepUntil, (ulong)(System.Clock + _random.Next(3 * (int)System.Shape.SliceNs)));
                break;
            case < 64:
                CreateAndStart(cpu);
                break;
            case < 70:
                Call(cpu, SystemCall.ThreadStart, SomeHandle(thread, ObjectKind.Thread));
                break;
            case < 76:
                Call(cpu, SystemCall.ThreadJoin, SomeHandle(thread, ObjectKind.Thread));
                break;
            case < 84:
                Call(cpu, SystemCall.ThreadSetAffinity, SomeHandle(thread, ObjectKind.Thread), (ulong)_random.Next(16));
                break;
            default:
                CallRarely(cpu, thread, choice);
                break;
        }
    }

    private void CallRarely(uint cpu, Thread* thread, int choice)
    {
        switch (choice)
        {
            case < 86:
                Call(cpu, SystemCall.HandleClose, SomeHandle(thread, ObjectKind.Thread));
                break;
            case < 88:
                Spawn(cpu);
                break;
            case < 89 when !IsFirst(thread->Process):
                Call(cpu, SystemCall.ProcessExit, SomeHandle(thread, ObjectKind.Process), 5);
                break;
            case < 91:
                Call(cpu, SystemCall.ProcessWait, SomeHandle(thread, ObjectKind.Process));
                break;
            case < 92:
                Call(cpu, SystemCall.MemoryMap, SomeHandle(thread, ObjectKind.Process), (ulong)_random.Next(4 * 4096));
                break;
            case < 93:
                Call(cpu, SystemCall.ThreadRuntime, SomeHandle(thread, ObjectKind.Thread));
                break;
            case < 95:
                System.Poke(thread->Process, Word(), (uint)_random.Next(2));
                break;
            case < 96:
                System.Users.AccessesBeforeFault = _random.Next(2);
                Call(cpu, SystemCall.Park, Word(), 0);
                System.Users.AccessesBeforeFault = int.MaxValue;
                break;
            case < 97:
                Call(cpu, (SystemCall)_random.Next((int)SystemCall.Count, 1000), 1, 2, 3, 4);
                break;
            default:
                Exit(cpu, thread);
                break;
        }
    }

    private void CreateAndStart(uint cpu)
    {
        Thread* thread = System.Cpu(cpu)->Current;
        SimulatedSystem.CallResult made = Call(
            cpu, SystemCall.ThreadCreate, SomeHandle(thread, ObjectKind.Process), SimulatedSystem.Entry, SimulatedSystem.DataAddress);
        if (made is { WentOn: true, Error: Error.None } && _random.Next(4) != 0)
        {
            Call(cpu, SystemCall.ThreadStart, made.Value);
        }
    }

    private void Spawn(uint cpu)
    {
        System.PutRequest(cpu, "child", (Grants)_random.Next(16), (ulong)_random.Next(1, 16));
        Call(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
    }

    // The first process is to last: its last thread does not go.
    private void Exit(uint cpu, Thread* thread)
    {
        if (IsFirst(thread->Process) && thread->Process->LiveThreads < 4)
        {
            return;
        }

        if (_random.Next(3) == 0)
        {
            Note(cpu, "fault");
            System.Fault(cpu, 14);
        }
        else
        {
            Call(cpu, SystemCall.ThreadExit, 3);
        }
    }

    private SimulatedSystem.CallResult Call(uint cpu, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        Thread* thread = System.Cpu(cpu)->Current;
        Note(cpu, $"thread {thread->Header.Index}.{thread->Header.Generation} {number}({a0:x}, {a1:x}, {a2:x})");
        return System.Syscall(cpu, number, a0, a1, a2, a3);
    }

    private static bool IsFirst(Process* process) => process->Header.Index == 0;

    private ulong Word() => SimulatedSystem.DataAddress + 0x800 + (ulong)(4 * _random.Next(Words));

    private ulong SomeDeadline() =>
        _random.Next(2) == 0 ? 0 : (ulong)(System.Clock + _random.Next(2 * (int)System.Shape.SliceNs));

    // Mostly a handle of the right kind, sometimes any number.
    private ulong SomeHandle(Thread* thread, ObjectKind kind)
    {
        if (_random.Next(20) == 0)
        {
            return (ulong)_random.NextInt64();
        }

        var handles = new List<ulong>();
        HandleTable* table = &thread->Process->Handles;
        for (uint i = 0; i < table->Used; i++)
        {
            HandleSlot* slot = table->SlotAt(i);
            if (slot->Kind == kind)
            {
                handles.Add((ulong)slot->Generation << HandleTable.IndexBits | i);
            }
        }

        return handles.Count == 0 ? 0 : handles[_random.Next(handles.Count)];
    }
}
