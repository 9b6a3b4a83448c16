using Lachesis.Abi;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do with sessions. Nobody has a capability to that of the first process, so nobody ends it.</summary>
internal sealed unsafe partial class Workload
{
    private void PerformSessions(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        switch (operation)
        {
            case Operation.CreateSession:
                Call(cpu, SystemCall.SessionCreate, BootHandle.Spawn);
                break;
            case Operation.EndSession:
                Call(cpu, SystemCall.SessionEnd, SomeHandle(thread, ObjectKind.Session, ref dice), 6);
                break;
            case Operation.WaitSession when !IsFirst(thread):
                Call(cpu, SystemCall.SessionWait, SomeHandle(thread, ObjectKind.Session, ref dice));
                break;
            case Operation.SpawnIntoSession:
                SpawnIntoSession(cpu, thread, ref dice);
                break;
        }
    }

    // A child that can start others, there and elsewhere, and end its own session or another.
    private void SpawnIntoSession(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        _system.PutRequest(cpu, "child", Grants.Spawn | Grants.Log, (ulong)(1 + dice.Below(15)));
        _system.PutSession(cpu, dice.OneIn(4) ? 0 : SomeHandle(thread, ObjectKind.Session, ref dice));
        int count = dice.Below(3);
        for (int i = 0; i < count; i++)
        {
            _system.PutCapability(cpu, new SpawnCapability
            {
                Handle = SomeHandle(thread, ObjectKind.Session, ref dice),
                Rights = dice.OneIn(3) ? (Rights)dice.Below(16) : Rights.Same,
                Index = BootHandle.FirstFree + (uint)i,
            });
        }

        Call(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
    }
}
