using System;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What the words of a kernel are called, for people to read.</summary>
internal static unsafe class WordNames
{
    /// <summary>The name of the word at an address.</summary>
    public static string Of(SimulatedSystem system, ulong* word)
    {
        Kernel* kernel = system.Kernel;
        if (word == &kernel->IdleMask)
        {
            return "IdleMask";
        }

        for (uint i = 0; i < system.Shape.Cpus; i++)
        {
            Cpu* cpu = system.Cpu(i);
            if (Within(word, cpu, sizeof(Cpu)))
            {
                return $"cpu {i} {InCpu(cpu, word)}";
            }
        }

        foreach (nint at in system.Threads)
        {
            if (Within(word, (void*)at, sizeof(Thread)))
            {
                Thread* thread = (Thread*)at;
                string field = word == &thread->StateWord ? "state"
                    : word == &thread->EffectiveAffinity ? "affinity"
                    : word == &thread->PendingStop ? "pending stop"
                    : word == &thread->RemoteStopPending ? "remote stop pending"
                    : word == &thread->Header.References ? "references" : "joiners' lock";
                return $"thread {SimulatedSystem.NameOf(thread)} {field}";
            }
        }

        foreach (nint at in system.Processes)
        {
            if (Within(word, (void*)at, sizeof(Process)))
            {
                Process* process = (Process*)at;
                string field = word == &process->ExitPending ? "dying"
                    : word == &process->LoadedCpus ? "loaded"
                    : word == &process->Header.References ? "references"
                    : word == (ulong*)&process->Lock ? "lock" : "waiters' lock";
                return $"process {process->Header.Index} {field}";
            }
        }

        return NameOfObject(system, word) ?? NameElsewhere(system, word);
    }

    // A word of an endpoint, notification, reply object, timer or ring, or null: whichever life of it.
    private static string? NameOfObject(SimulatedSystem system, ulong* word)
    {
        foreach (ObjectKind kind in (ReadOnlySpan<ObjectKind>)
            [ObjectKind.Endpoint, ObjectKind.Notification, ObjectKind.Reply, ObjectKind.Timer, ObjectKind.Ring])
        {
            Pool* pool = system.Kernel->PoolOf(kind);
            for (uint i = 0; i < pool->HighWaterMark; i++)
            {
                var header = (ObjectHeader*)pool->At(i);
                if (Within(word, header, (int)((byte*)pool->At(1) - (byte*)pool->At(0))))
                {
                    return $"{kind} {i} {(word == &header->References ? "references" : kind == ObjectKind.Ring ? "owner" : "lock")}";
                }
            }
        }

        return null;
    }

    private static string NameElsewhere(SimulatedSystem system, ulong* word)
    {
        Kernel* kernel = system.Kernel;
        return Within(word, system.ParkMemory.Start, (int)system.ParkMemory.Length) ? "park queue's lock"
            : word == (ulong*)&kernel->Threads || word == (ulong*)&kernel->Processes ? "pool's lock"
            : word == (ulong*)&kernel->DerivationLock ? "derivation's lock"
            : word == (ulong*)&kernel->Pages ? "pages' lock"
            : Within(word, system.Memory.Start, (int)system.Memory.Length) ? "memory of a ring" : "";
    }

    private static string InCpu(Cpu* cpu, ulong* word) =>
        word == &cpu->Inbox ? "inbox"
        : word == &cpu->RemoteStops ? "remote stops"
        : word == &cpu->ReschedulePending ? "pending"
        : word == &cpu->NeedsRescheduleIpi ? "needs interrupt"
        : word == &cpu->RunQueue.Count ? "queue's count"
        : word == (ulong*)&cpu->Timers.Lock ? "timers' lock"
        : Within(word, &cpu->RunQueue, sizeof(PerCpuRunQueue)) ? "queue's lock" : "counter";

    private static bool Within(void* word, void* start, int bytes) => word >= start && word < (byte*)start + bytes;
}
