using System;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

/// <summary>Threads that are dead and held: their process is dead as well, and its place in the pool is theirs as long.</summary>
public sealed unsafe class DeadThreadTests : IDisposable
{
    private readonly IpcSystem _ipc = new(cpus: 2);

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Fact]
    public void Whoever_takes_a_dead_thread_finds_its_own_process_and_no_other()
    {
        ulong thread = ThreadOfADeadProcess(out Thread* dead);
        Process* process = dead->Process;
        SpawnChild(out Thread* next);
        Assert.True(next->Process != process);
        Assert.True(dead->Process == process);
        Assert.Equal(ProcessPhase.Dead, process->Phase);
        Assert.Equal(1ul, process->Header.References);
        System.Syscall(0, SystemCall.CapabilityDelete, thread);
        Assert.Equal(0ul, process->Header.References);
        SpawnChild(out next);
        Assert.True(next->Process == process);
    }

    [Fact]
    public void A_dead_thread_gets_no_buffer_in_the_memory_of_the_next_process()
    {
        ulong thread = ThreadOfADeadProcess(out Thread* dead);
        IpcBuffer* before = dead->Ipc.Buffer;
        SpawnChild(out _);
        Assert.Equal(Error.BadAddress, System.Syscall(0, SystemCall.ThreadSetBuffer, thread, SimulatedSystem.DataAddress).Error);
        Assert.True(dead->Ipc.Buffer == before);
    }

    [Fact]
    public void A_dead_thread_may_go_where_its_own_process_might_and_not_where_the_next_one_may()
    {
        ulong thread = ThreadOfADeadProcess(out _);
        SpawnChild(out _, cpus: 2);
        Assert.Equal(Error.BadArgument, System.Syscall(0, SystemCall.ThreadSetAffinity, thread, 2).Error);
    }

    // Another CPU may look there for the handler of a fault. If the lock were made anew, nobody would wait for it.
    [Fact]
    public void Making_a_process_leaves_the_lock_of_its_place_to_who_has_it()
    {
        ulong first = SpawnChild(out Thread* child);
        Process* place = child->Process;
        _ipc.EndProcess(first);
        Assert.Equal(0ul, place->Header.References);
        place->Lock.Acquire<SimulatedMachine>(System.Cpu(1), LockRank.Process);
        Assert.Throws<WouldSpinException>(() => SpawnChild(out _));
        Assert.NotEqual(0ul, place->Header.References);
        Assert.Equal((0u, 0u), (place->Handles.HighWaterMark, place->Handles.Pages));
    }

    private ulong ThreadOfADeadProcess(out Thread* dead)
    {
        ulong process = SpawnChild(out _, cpus: 1);
        ulong thread = System.Syscall(
            0, SystemCall.ThreadCreate, process, SimulatedSystem.Entry, SimulatedSystem.DataAddress).Value;
        dead = System.ThreadOf(0, thread);
        _ipc.EndProcess(process);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(dead).Location);
        return thread;
    }

    private ulong SpawnChild(out Thread* child, ulong cpus = 1)
    {
        System.PutRequest(0, "child", Grants.None, cpus);
        SimulatedSystem.CallResult made = System.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
        Assert.Equal(Error.None, made.Error);
        child = System.ProcessOf(0, made.Value)->FirstThread;
        return made.Value;
    }
}
