using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Processes;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Capabilities;

/// <summary>
/// Random calls of the table with random handles, by three processes on a CPU each: every answer is one that the capability
/// model allows. Each seed is a run of its own; a failure names seed and call.
/// </summary>
public sealed unsafe class CallModelTests
{
    private const int Seeds = 60;
    private const int CallsARun = 250;

    [Fact]
    public void Every_answer_is_one_that_the_model_allows()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Check(seed);
        }
    }

    [Fact]
    public void So_it_is_for_seeds_that_were_never_tried_before()
    {
        int first = Random.Shared.Next(Seeds + 1, int.MaxValue - Seeds);
        for (int seed = first; seed < first + (Seeds / 3); seed++)
        {
            Check(seed);
        }
    }

    private static void Check(int seed)
    {
        using var run = new Run(seed);
        for (int i = 0; i < CallsARun; i++)
        {
            string call = "";
            try
            {
                call = run.Step();
            }
            catch (Exception problem) when (problem is InvariantException or KernelPanicException)
            {
                Assert.Fail($"seed {seed}, call {i} {run.Last}: {problem.Message}");
            }

            Assert.True(call.Length == 0, $"seed {seed}, call {i}: {call}");
        }
    }

    private sealed class Run : IDisposable
    {
        private const int Processes = 3;
        private const ulong Data = SimulatedSystem.DataAddress;

        // What would stop its process, change who runs, or leave the model: made only if the model says that it is refused.
        private static readonly SystemCall[] s_onlyRefused =
            [SystemCall.Yield, SystemCall.ProcessSpawn, SystemCall.PolicySet, SystemCall.ThreadSetScheduling];

        private static readonly (uint Index, ObjectKind Kind)[] s_boot =
        [
            (BootHandle.Process, ObjectKind.Process), (BootHandle.MainThread, ObjectKind.Thread),
            (BootHandle.Log, ObjectKind.Log), (BootHandle.Report, ObjectKind.Report),
            (BootHandle.Spawn, ObjectKind.Programs), (BootHandle.Machine, ObjectKind.Machine),
            (BootHandle.Policy, ObjectKind.Policy),
        ];

        private readonly SimulatedSystem _system =
            new(new SystemShape { Cpus = Processes, Processes = 8, Threads = 40, Objects = 24 });

        private readonly CapabilityModel _model = new();
        private readonly nint[] _processes = new nint[Processes];
        private readonly Random _random;
        private bool _allGood;

        public Run(int seed)
        {
            _random = new Random(seed);
            _system.InsertRamdisk();
            for (int i = 0; i < Processes; i++)
            {
                _processes[i] = (nint)_system.StartProcess((uint)i, cpus: 1ul << i);
                _system.RunPendingWork();
                foreach ((uint boot, ObjectKind kind) in s_boot)
                {
                    _model.Add(i, kind, Rights.All, boot);
                }
            }
        }

        /// <summary>The call that was made last.</summary>
        public string Last { get; private set; } = "";

        public void Dispose() => _system.Dispose();

        /// <summary>Makes a call; what is wrong with its answer, or nothing.</summary>
        public string Step()
        {
            int process = _random.Next(Processes);
            if (_random.Next(12) == 0)
            {
                Derive(process);
            }

            var call = (SystemCall)_random.Next((int)SystemCall.Count + 2);
            CallSignature shape = SystemCallTable.Of(call, (uint)_random.Next((int)SystemCallTable.MaxForms));
            shape = shape.Exists ? shape : SystemCallTable.Of(call);
            _allGood = true;
            ulong[] arguments = [.. Enumerable.Range(0, 4).Select(place => Choose(process, shape.Argument((uint)place)))];
            if (call == SystemCall.CapabilityMint)
            {
                arguments[2] = 0;
            }

            // What is drawn for the argument that decides about forms may be that of another one.
            CallSignature other = SystemCallTable.Of(call, arguments[1] < SystemCallTable.MaxForms ? (uint)arguments[1] : 0);
            shape = other.Exists ? other : shape;
            Error refusal = Refusal(process, shape, arguments);
            if (refusal == Error.None && (s_onlyRefused.Contains(call)
                || (shape.Traits & (CallTraits.MayBlock | CallTraits.MayEndCaller | CallTraits.PassesMessage)) != 0))
            {
                return "";
            }

            Last = $"{call}({string.Join(", ", arguments.Select(argument => $"{argument:x}"))})";
            SimulatedSystem.CallResult result =
                _system.Syscall((uint)process, call, arguments[0], arguments[1], arguments[2], arguments[3]);
            string problem = Judge(call, shape, refusal, Mask(process, call, arguments), result);
            if (problem.Length == 0 && result.Error == Error.None)
            {
                Follow(process, call, arguments, result.Value);
            }

            return problem.Length == 0 ? Compare() : $"{Last} by {process}: {result.Error}, {problem}";
        }

        private string Judge(
            SystemCall call, CallSignature shape, Error refusal, Error derivation, SimulatedSystem.CallResult result)
        {
            Error error = result.Error;
            bool ofHandle = error is Error.StaleHandle or Error.WrongKind or Error.MissingRight;
            return !shape.Exists ? (error == Error.UnknownSystemCall ? "" : "but it is no call")
                : !shape.MayReturn(error) ? "which is not in the table"
                : error != Error.None && result.Value != 0 ? "and a value"
                : refusal != Error.None && _allGood && error != refusal ? $"but the model says {refusal}"
                : refusal != Error.None && error == Error.None ? $"but the model says {refusal}"
                : refusal == Error.None && ofHandle && error != derivation ? "but the model allows it"
                : derivation != Error.None && error == Error.None ? $"but the model says {derivation}"
                : "";
        }

        // What follows from the mask of rights that is asked for, if the handle is good.
        private Error Mask(int process, SystemCall call, ulong[] arguments)
        {
            ModelCapability? source = call == SystemCall.CapabilityMint ? Find(process, arguments[0]) : null;
            bool asksForMore = source != null && arguments[1] != (ulong)Rights.Same
                && ((Rights)arguments[1] & ~source.Rights) != 0;
            return asksForMore ? Error.MissingRight : Error.None;
        }

        // The first handle that the model refuses, and how.
        private Error Refusal(int process, CallSignature shape, ulong[] arguments)
        {
            for (uint i = 0; i < 4; i++)
            {
                CallArgument argument = shape.Argument(i);
                if (!argument.IsHandle)
                {
                    continue;
                }

                bool pair = argument.Kind == ArgumentKind.HandlePair;
                ulong lower = pair ? (uint)arguments[i] : arguments[i];
                bool none = !pair && lower == 0 && argument.IsOptional;
                Error error = none ? Error.None : Refusal(process, lower, argument.Object, argument.RequiredRights);
                ulong upper = arguments[i] >> 32;
                if (error == Error.None && pair && !(upper == 0 && argument.UpperIsOptional))
                {
                    error = Refusal(process, upper, argument.UpperObject, argument.UpperRequiredRights);
                }

                if (error != Error.None)
                {
                    return error;
                }
            }

            return Error.None;
        }

        private Error Refusal(int process, ulong handle, ObjectKind kind, Rights needed)
        {
            ModelCapability? found = Find(process, handle);
            return found == null ? Error.StaleHandle
                : kind != ObjectKind.None && found.Kind != kind ? Error.WrongKind
                : (needed & ~found.Rights) != 0 ? Error.MissingRight
                : Error.None;
        }

        private ModelCapability? Find(int process, ulong handle) =>
            _model.Live.Find(capability => capability.Process == process && capability.Handle == handle);

        // What the model has after the call.
        private void Follow(int process, SystemCall call, ulong[] arguments, ulong value)
        {
            ModelCapability? named = Find(process, arguments[0]);
            switch (call)
            {
                case SystemCall.CapabilityMint:
                    Rights rights = arguments[1] == (ulong)Rights.Same ? named!.Rights : (Rights)arguments[1];
                    _model.Add(process, named!.Kind, rights, value, named);
                    break;
                case SystemCall.CapabilityMove:
                    _model.Move(named!, value);
                    break;
                case SystemCall.CapabilityDelete:
                    _model.Delete(named!);
                    break;
                case SystemCall.CapabilityRevoke:
                    while (_system.Syscall((uint)process, call, arguments[0]).Value != 0)
                    {
                    }

                    _model.Revoke(named!);
                    break;
                case SystemCall.ThreadCreate:
                    _model.Add(process, ObjectKind.Thread, Rights.All, value);
                    break;
                case SystemCall.SessionCreate:
                    _model.Add(process, ObjectKind.Session, Rights.All, value);
                    break;
                case SystemCall.RingCreate:
                    _model.Add(process, ObjectKind.Ring, Rights.All, value);
                    break;
                case SystemCall.ObjectCreate:
                    _model.Add(process, (ObjectKind)arguments[1], Rights.All, value);
                    break;
                default:
                    break;
            }
        }

        private string Compare()
        {
            foreach (ModelCapability capability in _model.Live)
            {
                CapabilitySlot* slot = ((Process*)_processes[capability.Process])->Handles.Find(capability.Handle);
                if (slot == null || slot->Kind != capability.Kind || slot->Rights != capability.Rights)
                {
                    return $"after {Last} a capability of {capability.Process} is not what the model has: {capability.Kind}";
                }
            }

            return _model.Deleted.Exists(deleted =>
                ((Process*)_processes[deleted.Process])->Handles.Find(deleted.Handle) != null)
                ? $"after {Last} a deleted capability is there" : "";
        }

        // Another process gets one of a process's.
        private void Derive(int from)
        {
            ModelCapability[] own = [.. _model.Live.Where(capability => capability.Process == from)];
            if (own.Length == 0)
            {
                return;
            }

            ModelCapability source = own[_random.Next(own.Length)];
            int to = _random.Next(Processes);
            Rights rights = source.Rights & (Rights)_random.Next(16);
            Error error = Error.None;
            ulong made = 0;
            _system.Enter((uint)from, cpu => error = Capabilities<SimulatedMachine>.Derive(
                (Core.Sched.Cpu*)cpu, (Process*)_processes[from], source.Handle, rights, (Process*)_processes[to], out made));
            if (error == Error.None)
            {
                _model.Add(to, source.Kind, rights, made, source);
            }
        }

        private ulong Choose(int process, CallArgument argument)
        {
            if (argument.Kind is ArgumentKind.Handle)
            {
                return argument.IsOptional && _random.Next(4) == 0 ? 0 : Handle(process, argument.Object);
            }

            if (argument.Kind is ArgumentKind.HandlePair)
            {
                ulong upper = argument.UpperIsOptional && _random.Next(2) == 0 ? 0 : Handle(process, argument.UpperObject);
                return (uint)Handle(process, argument.Object) | upper << 32;
            }

            bool good = _random.Next(5) != 0;
            _allGood &= good || argument.Kind == ArgumentKind.None;
            return good ? Good(argument) : Any();
        }

        private ulong Good(CallArgument argument) => argument.Kind switch
        {
            ArgumentKind.Number => Math.Max(argument.Lowest, Math.Min(argument.Highest, (ulong)_random.Next(2))),
            ArgumentKind.RightsMask => _random.Next(3) == 0 ? (ulong)Rights.Same : (ulong)_random.Next(16),
            ArgumentKind.CpuMask => 7,
            ArgumentKind.Bits => SchedulingLimits.MinSliceNs,
            _ when argument.IsAddress => Data,
            _ => 0,
        };

        private ulong Any() => _random.Next(8) switch
        {
            0 => 0,
            1 => Data + (ulong)_random.Next(4096),
            2 => UserLayout.Limit - (ulong)_random.Next(64),
            3 => 0xFFFF_8000_0000_0000 + (ulong)_random.Next(),
            4 => ulong.MaxValue - (ulong)_random.Next(16),
            5 => (ulong)_random.Next(40),
            _ => (ulong)_random.NextInt64() >> _random.Next(64),
        };

        // Mostly a live one of that kind, else a live one, one that was deleted, one of another process, or anything.
        private ulong Handle(int process, ObjectKind kind)
        {
            int dice = _random.Next(10);
            IReadOnlyList<ulong> from = dice switch
            {
                < 6 => [.. _model.Live.Where(one => one.Process == process && (kind == ObjectKind.None || one.Kind == kind))
                    .Select(one => one.Handle)],
                < 7 => [.. _model.Live.Where(one => one.Process == process).Select(one => one.Handle)],
                < 8 => [.. _model.Deleted.Select(one => one.Handle)],
                < 9 => [.. _model.Live.Select(one => one.Handle)],
                _ => [],
            };
            return from.Count == 0 ? Any() : from[_random.Next(from.Count)];
        }
    }
}
