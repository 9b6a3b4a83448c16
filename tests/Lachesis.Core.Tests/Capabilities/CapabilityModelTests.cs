using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Processes;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Capabilities;

/// <summary>Whatever is done to capabilities of three processes in whatever order, they are as the model says: which live, what
/// they may do, and what was derived from what.</summary>
public sealed unsafe class CapabilityModelTests
{
    private const int Processes = 3;

    // Boot handles of a process that the test starts.
    private static readonly (uint Index, ObjectKind Kind)[] s_boot =
    [
        (BootHandle.Process, ObjectKind.Process), (BootHandle.MainThread, ObjectKind.Thread), (BootHandle.Log, ObjectKind.Log),
        (BootHandle.Report, ObjectKind.Report), (BootHandle.Spawn, ObjectKind.Programs),
        (BootHandle.Machine, ObjectKind.Machine), (BootHandle.Policy, ObjectKind.Policy),
    ];

    [Fact]
    public void Any_sequence_of_operations_leaves_what_the_model_has() => Operations.Check(
        operations =>
        {
            using var run = new Run();
            foreach (int operation in operations)
            {
                run.Perform(operation);
                run.Compare();
            }
        },
        tests: 60);

    private sealed class Run : IDisposable
    {
        private readonly SimulatedSystem _system = new(new SystemShape { Cpus = Processes, Processes = 12, Threads = 40 });
        private readonly CapabilityModel _model = new();
        private readonly nint[] _processes = new nint[Processes];

        public Run()
        {
            _system.InsertRamdisk();
            for (int i = 0; i < Processes; i++)
            {
                Start(i);
            }
        }

        public void Dispose() => _system.Dispose();

        public void Perform(int number)
        {
            (int operation, number) = (number % 16, number / 16);
            if (_model.Live.Count == 0 || operation == 0)
            {
                Restart(number % Processes);
                return;
            }

            ModelCapability capability = _model.Live[number % _model.Live.Count];
            number /= 64;
            switch (operation)
            {
                case < 6:
                    Mint(capability, (Rights)(number % 16));
                    break;
                case < 9:
                    Derive(capability, (Rights)(number % 16), number / 16 % Processes);
                    break;
                case < 11:
                    Copy(capability);
                    break;
                case 11:
                    Move(capability);
                    break;
                case 12:
                    Revoke(capability);
                    break;
                default:
                    Assert.Equal(Error.None, Call(capability, SystemCall.CapabilityDelete).Error);
                    _model.Delete(capability);
                    break;
            }
        }

        public void Compare()
        {
            foreach (ModelCapability capability in _model.Live)
            {
                CapabilitySlot* slot = Slot(capability);
                Assert.True(slot != null, "a capability is gone that should be there");
                Assert.Equal((capability.Kind, capability.Rights), (slot->Kind, slot->Rights));
                Assert.Equal(capability.Parent == null ? 0 : (nint)Slot(capability.Parent), (nint)ParentOf(slot));
                Assert.Equal(capability.Children.Select(child => (nint)Slot(child)), ChildrenOf(slot));
            }

            foreach ((int process, ulong handle) in _model.Deleted)
            {
                Process* owner = (Process*)_processes[process];
                Assert.True(owner == null || owner->Handles.Find(handle) == null, "a deleted capability is there");
            }
        }

        private void Start(int index)
        {
            Process* process = _system.StartProcess((uint)index, cpus: 1ul << index);
            _processes[index] = (nint)process;
            _system.RunPendingWork();
            if (process != null)
            {
                foreach ((uint boot, ObjectKind kind) in s_boot)
                {
                    _model.Add(index, kind, Rights.All, boot);
                }
            }
        }

        // Full pools, of processes that are dead and named by others' capabilities, leave it out.
        private void Restart(int index)
        {
            Process* process = (Process*)_processes[index];
            if (process != null)
            {
                _system.Kill(process);
                while (_system.Cpu(0)->TeardownProcesses != null)
                {
                    _system.Advance(1_000_000);
                    _system.RunPendingWork();
                }

                _model.DeleteAllOf(index);
                _model.Deleted.RemoveAll(deleted => deleted.Process == index);
            }

            Start(index);
        }

        private void Mint(ModelCapability source, Rights mask)
        {
            SimulatedSystem.CallResult made = Call(source, SystemCall.CapabilityMint, (ulong)mask);
            bool allowed = (mask & ~source.Rights) == 0;
            Assert.Equal(allowed ? Error.None : Error.MissingRight, made.Error);
            if (allowed)
            {
                _model.Add(source.Process, source.Kind, mask, made.Value, source);
            }
        }

        private void Copy(ModelCapability source)
        {
            ulong made = Call(source, SystemCall.CapabilityMint, (ulong)Rights.Same).Value;
            _model.Add(source.Process, source.Kind, source.Rights, made, source);
        }

        private void Derive(ModelCapability source, Rights mask, int to)
        {
            if (_processes[to] == 0)
            {
                return;
            }

            Error error = Error.None;
            ulong made = 0;
            _system.Enter((uint)source.Process, cpu => error = Capabilities<SimulatedMachine>.Derive(
                (Core.Sched.Cpu*)cpu, Owner(source), source.Handle, mask, (Process*)_processes[to], out made));
            bool allowed = (mask & ~source.Rights) == 0;
            Assert.Equal(allowed ? Error.None : Error.MissingRight, error);
            if (allowed)
            {
                _model.Add(to, source.Kind, mask, made, source);
            }
        }

        private void Move(ModelCapability capability)
        {
            SimulatedSystem.CallResult moved = Call(capability, SystemCall.CapabilityMove);
            Assert.Equal(Error.None, moved.Error);
            _model.Move(capability, moved.Value);
        }

        private void Revoke(ModelCapability capability)
        {
            SimulatedSystem.CallResult step;
            do
            {
                step = Call(capability, SystemCall.CapabilityRevoke);
                Assert.Equal(Error.None, step.Error);
            }
            while (step.Value != 0);

            _model.Revoke(capability);
        }

        private SimulatedSystem.CallResult Call(ModelCapability capability, SystemCall number, ulong a1 = 0)
        {
            uint cpu = (uint)capability.Process;
            Assert.True(_system.ProcessOn(cpu) == Owner(capability));
            return _system.Syscall(cpu, number, capability.Handle, a1);
        }

        private Process* Owner(ModelCapability capability) => (Process*)_processes[capability.Process];

        private CapabilitySlot* Slot(ModelCapability capability) => Owner(capability)->Handles.Find(capability.Handle);

        private static CapabilitySlot* ParentOf(CapabilitySlot* slot)
        {
            ulong link = slot->Next;
            while ((link & DerivationTree.ParentBit) == 0)
            {
                link = ((CapabilitySlot*)link)->Next;
            }

            return (CapabilitySlot*)(link & ~DerivationTree.ParentBit);
        }

        private static List<nint> ChildrenOf(CapabilitySlot* slot)
        {
            var children = new List<nint>();
            ulong link = (ulong)slot->FirstChild | (slot->FirstChild == null ? DerivationTree.ParentBit : 0);
            for (; (link & DerivationTree.ParentBit) == 0; link = ((CapabilitySlot*)link)->Next)
            {
                children.Add((nint)link);
            }

            return children;
        }
    }
}
