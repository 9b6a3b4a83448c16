using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for timer queues: a heap whose slots the threads know, and a timer set early enough.</summary>
internal static unsafe class TimerInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        for (uint id = 0; id < system.Shape.Cpus; id++)
        {
            CheckHeap(system, system.Cpu(id));
        }
    }

    private static void CheckHeap(SimulatedSystem system, Cpu* cpu)
    {
        System.Span<nint> bySlot = system.Walk.TimerSlots();
        uint count = 0;
        foreach (nint at in system.Walk.Threads)
        {
            count += Note(cpu, &((Thread*)at)->Timer, bySlot);
        }

        foreach (nint at in system.Walk.Timers)
        {
            count += Note(cpu, &((Timer*)at)->Node, bySlot);
        }

        Require(cpu->Timers.Count == count, "a timer queue's count is wrong");
        for (uint slot = 1; slot <= count; slot++)
        {
            Require(bySlot[(int)slot] != 0, "a timer slot belongs to nobody");
            Instant parent = ((TimerNode*)bySlot[slot == 1 ? 1 : (int)slot / 2])->Deadline;
            Require(parent <= ((TimerNode*)bySlot[(int)slot])->Deadline, "a timer heap is out of order");
        }

        if (cpu->Timers.Count != 0)
        {
            Require(cpu->Timers.Earliest == (TimerNode*)bySlot[1], "a timer queue's earliest is not its earliest");
            Require(cpu->Timers.EarliestHint.Nanoseconds == cpu->Timers.Earliest->Deadline.Nanoseconds, "the hint is wrong");
            Require(cpu->TimerDeadline <= cpu->Timers.EarliestHint, "a sleeper's instant will pass unnoticed");
        }
    }

    private static uint Note(Cpu* cpu, TimerNode* node, System.Span<nint> bySlot)
    {
        if (node->HeapSlot == 0 || node->Cpu != cpu->Id)
        {
            return 0;
        }

        Require(node->HeapSlot < bySlot.Length, "a timer has a slot that there is not");
        Require(bySlot[(int)node->HeapSlot] == 0, "two timers have one slot");
        bySlot[(int)node->HeapSlot] = (nint)node;
        return 1;
    }
}
