using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>Memory for the workers and their stacks, mapped once before anything is measured.</summary>
internal unsafe struct WorkerMemory
{
    private const ulong StackBytes = 4096;

    // Mappings are one page apart, so neither workers nor stacks are contiguous: tables of where each lies.
    private Worker** _workers;
    private ulong* _stackTops;

    /// <summary>The worker of that number.</summary>
    internal readonly Worker* this[uint index] => _workers[index];

    /// <summary>Top of the stack of the worker of that number.</summary>
    internal readonly ulong StackTop(uint index) => _stackTops[index];

    /// <summary>Maps room for so many workers; false if there is not enough memory.</summary>
    internal static bool Reserve(uint count, out WorkerMemory crew)
    {
        crew = default;
        SystemResult workerTable = Sys.MemoryMap(BootHandle.Process, count * (ulong)sizeof(Worker*));
        SystemResult stackTable = Sys.MemoryMap(BootHandle.Process, count * sizeof(ulong));
        if (workerTable.Error != Error.None || stackTable.Error != Error.None)
        {
            return false;
        }

        crew._workers = (Worker**)workerTable.Value;
        crew._stackTops = (ulong*)stackTable.Value;
        return MapWorkers(crew, count) && MapStacks(crew, count);
    }

    private static bool MapWorkers(WorkerMemory crew, uint count)
    {
        const uint perPage = 4096 / 256;
        SystemResult page = default;
        for (uint i = 0; i < count; i++)
        {
            if (i % perPage == 0)
            {
                page = Sys.MemoryMap(BootHandle.Process, UserLayout.PageSize);
            }

            if (page.Error != Error.None)
            {
                return false;
            }

            crew._workers[i] = (Worker*)page.Value + (i % perPage);
        }

        return true;
    }

    private static bool MapStacks(WorkerMemory crew, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            SystemResult stack = Sys.MemoryMap(BootHandle.Process, StackBytes);
            if (stack.Error != Error.None)
            {
                return false;
            }

            crew._stackTops[i] = stack.Value + StackBytes;
        }

        return true;
    }
}
