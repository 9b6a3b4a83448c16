using System.Runtime.InteropServices;
using System.Threading;
using Lachesis.Abi;

namespace Lachesis.Scenarios;

/// <summary>A mutex, condition, barrier, semaphore or shared timer: what its threads share. Cleared memory is a new
/// one.</summary>
[StructLayout(LayoutKind.Sequential, Size = (int)Bytes)]
public struct ScenarioResource
{
    /// <summary>Bytes of one: a cache line.</summary>
    public const uint Bytes = 64;

    /// <summary>What is parked on: a mutex's state, a semaphore's count, or how often a condition or barrier was signalled; below
    /// 2^32.</summary>
    public ulong ParkWord;

    /// <summary>The number of the thread that holds a mutex, plus one; 0: none.</summary>
    public ulong Holder;

    /// <summary>A barrier's threads that have come; a semaphore's threads that wait.</summary>
    public ulong Arrived;

    /// <summary>A timer's last due instant; 0: not used yet.</summary>
    public ulong Due;
}

/// <summary>A page of resources.</summary>
public unsafe struct ScenarioPage
{
    /// <summary>Resources that one holds.</summary>
    public const uint Resources = (uint)UserLayout.PageSize / ScenarioResource.Bytes;

    /// <summary>Where they lie.</summary>
    public ScenarioResource* At;

    /// <summary>The same in the process's own addresses.</summary>
    public ulong Address;
}

/// <summary>What all threads of a running scenario share.</summary>
public unsafe struct ScenarioContext
{
    /// <summary>The program, which the host has checked.</summary>
    public ScenarioHeader* Program;

    /// <summary>Its resources, page by page: <see cref="PagesFor"/> them.</summary>
    public ScenarioPage* Pages;

    /// <summary>Where notes go.</summary>
    public ScenarioChunkPool* EventChunks;

    /// <summary>Not 0: everything stops.</summary>
    public ulong* Stopped;

    /// <summary>The instant at which it began.</summary>
    public long Begin;

    /// <summary>The instant at which all stops; <see cref="long.MaxValue"/>: never.</summary>
    public long End;

    /// <summary>Whether everything is to stop.</summary>
    public readonly bool IsStopped => Volatile.Read(ref *Stopped) != 0;

    /// <summary>Pages for so many resources.</summary>
    public static uint PagesFor(uint resources) => (resources + ScenarioPage.Resources - 1) / ScenarioPage.Resources;

    /// <summary>The resource of that number.</summary>
    public readonly ScenarioResource* Resource(uint number) =>
        Pages[number / ScenarioPage.Resources].At + (number % ScenarioPage.Resources);

    /// <summary>Where its word lies in the process's memory.</summary>
    public readonly ulong AddressOf(uint number) =>
        Pages[number / ScenarioPage.Resources].Address + (number % ScenarioPage.Resources * ScenarioResource.Bytes);

    /// <summary>The task of that number.</summary>
    public readonly ScenarioTask* Task(uint index) => (ScenarioTask*)(Program + 1) + index;

    /// <summary>The operation of that number.</summary>
    public readonly ScenarioOperation* Operation(uint index) =>
        (ScenarioOperation*)Task(Program->TaskCount) + index;

    /// <summary>Threads that there can be at a time: those that start, or <paramref name="most"/> if some are forked.</summary>
    public readonly uint MaxThreads(uint most)
    {
        uint threads = 0;
        for (uint i = 0; i < Program->TaskCount; i++)
        {
            threads += Task(i)->Instances;
        }

        for (uint i = 0; i < Program->OperationCount; i++)
        {
            threads = Operation(i)->Kind == ScenarioOperationKind.Fork ? most : threads;
        }

        return threads;
    }

    /// <summary>
    /// Whether a program of <paramref name="bytes"/> bytes can be executed without looking outside of it: sizes and indices
    /// are within it. That it means something is the host's affair.
    /// </summary>
    public static bool IsValid(ScenarioHeader* program, ulong bytes)
    {
        if (bytes < (ulong)sizeof(ScenarioHeader)
            || program->Magic != ScenarioHeader.ExpectedMagic
            || program->Version != ScenarioHeader.CurrentVersion
            || program->TaskCount - 1 >= ScenarioLimits.Threads
            || program->OperationCount - 1 >= ScenarioLimits.Operations
            || program->ResourceCount > ScenarioLimits.Resources
            || bytes < (ulong)sizeof(ScenarioHeader) + program->TaskCount * (ulong)sizeof(ScenarioTask)
                + program->OperationCount * (ulong)sizeof(ScenarioOperation))
        {
            return false;
        }

        ScenarioContext world = default;
        world.Program = program;
        return world.AreTasksValid() && world.AreOperationsValid();
    }

    private readonly bool AreTasksValid()
    {
        uint threads = 0;
        for (uint i = 0; i < Program->TaskCount; i++)
        {
            uint instances = Task(i)->Instances;
            if (Task(i)->FirstOperation >= Program->OperationCount || instances > ScenarioLimits.Threads - threads)
            {
                return false;
            }

            threads += instances;
        }

        return true;
    }

    // Operations follow each other, so the last must be an end.
    private readonly bool AreOperationsValid()
    {
        for (uint i = 0; i < Program->OperationCount; i++)
        {
            ScenarioOperation* operation = Operation(i);
            bool sound = operation->Kind switch
            {
                ScenarioOperationKind.Wait => IsResource(operation->Resource) && IsResource(operation->Operand),
                ScenarioOperationKind.Timer or (>= ScenarioOperationKind.Lock and <= ScenarioOperationKind.Barrier)
                    or ScenarioOperationKind.SemaphorePost or ScenarioOperationKind.SemaphoreWait =>
                    IsResource(operation->Resource),
                ScenarioOperationKind.OwnTimer => operation->Resource < ScenarioLimits.OwnTimers,
                ScenarioOperationKind.Fork => operation->Operand < Program->TaskCount,
                ScenarioOperationKind.Repeat =>
                    operation->Operand < Program->OperationCount && operation->Resource < ScenarioLimits.LoopLevels,
                _ => operation->Kind < ScenarioOperationKind.Count,
            };
            if (!sound)
            {
                return false;
            }
        }

        return Operation(Program->OperationCount - 1)->Kind == ScenarioOperationKind.End;
    }

    private readonly bool IsResource(uint index) => index < Program->ResourceCount;
}
