using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do with their capabilities.</summary>
internal sealed unsafe partial class Workload
{
    private const int MaxClosed = 8;

    private readonly List<(uint Process, uint Generation, ulong Handle)> _closed = [];

    private void PerformCapabilities(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        switch (operation)
        {
            case Operation.Close:
                Close(cpu, thread, ref dice);
                break;
            case Operation.UseClosed:
                UseClosed(cpu, thread, ref dice);
                break;
            case Operation.Mint:
                ulong mask = dice.OneIn(2) ? (ulong)Rights.Same : (ulong)dice.Below(20);
                Call(cpu, SystemCall.CapabilityMint, SomeCapability(thread, ref dice), mask, (ulong)(dice.OneIn(8) ? 1 : 0));
                break;
            case Operation.MoveCapability:
                Move(cpu, thread, ref dice);
                break;
            case Operation.Revoke:
                Call(cpu, SystemCall.CapabilityRevoke, SomeCapability(thread, ref dice));
                break;
            case Operation.SpawnWith:
                SpawnWith(cpu, thread, ref dice);
                break;
        }
    }

    private void Close(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong handle = SomeHandle(thread, dice.OneIn(2) ? ObjectKind.Thread : SmallKind(ref dice), ref dice);
        ObjectRef process = thread->Process->Header.Reference;
        if (Call(cpu, SystemCall.CapabilityDelete, handle) is { WentOn: true, Error: Error.None })
        {
            RememberClosed(process, handle);
        }
    }

    private void Move(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong handle = SomeHandle(thread, ObjectKind.Thread, ref dice);
        ObjectRef process = thread->Process->Header.Reference;
        if (Call(cpu, SystemCall.CapabilityMove, handle) is { WentOn: true, Error: Error.None })
        {
            RememberClosed(process, handle);
        }
    }

    private void RememberClosed(ObjectRef process, ulong handle)
    {
        if (_closed.Count == MaxClosed)
        {
            _closed.RemoveAt(0);
        }

        _closed.Add((process.Index, process.Generation, handle));
    }

    private void UseClosed(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ObjectRef process = thread->Process->Header.Reference;
        if (_closed.Count == 0)
        {
            return;
        }

        (uint index, uint generation, ulong handle) = _closed[dice.Below(_closed.Count)];
        if (index == process.Index && generation == process.Generation)
        {
            SimulatedSystem.CallResult result = Call(cpu, SystemCall.ThreadRuntime, handle);
            Invariants.Require(result.Error == Error.StaleHandle, "a handle works after it was closed");
        }
    }

    // A child that can do all that its parent can, and holds threads and processes of its parent besides.
    private void SpawnWith(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        _system.PutRequest(cpu, "child", Grants.Spawn | Grants.Log, (ulong)(1 + dice.Below(15)));
        int count = dice.Below(5);
        for (int i = 0; i < count; i++)
        {
            _system.PutCapability(cpu, new SpawnCapability
            {
                Handle = SomeCapability(thread, ref dice),
                Rights = dice.OneIn(3) ? (Rights)dice.Below(16) : Rights.Same,
                Index = BootHandle.FirstFree + (uint)i,
            });
        }

        Call(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
    }

    private static ulong SomeCapability(Thread* thread, ref SeededRandom dice) =>
        SomeHandle(thread, dice.OneIn(3) ? ObjectKind.Process : dice.OneIn(2) ? ObjectKind.Thread : SmallKind(ref dice), ref dice);
}
