using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Entry;

/// <summary>The kernel does what the table of system calls says: every argument that the table refuses is refused with the
/// error of the table, whatever the others are, and nothing changes.</summary>
public sealed unsafe class CallTableTests : IDisposable
{
    private const ulong Data = SimulatedSystem.DataAddress;
    private const ulong Unmapped = 0x7000_0000;
    private const ulong Stale = 77;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

    public CallTableTests() => _system.PutRequest(0, "child", Grants.None);

    public void Dispose() => _system.Dispose();

    /// <summary>One argument of one form of a call.</summary>
    public sealed record Place(SystemCall Call, uint Form, uint Argument)
    {
        internal CallSignature Shape => SystemCallTable.Of(Call, Form);

        internal CallArgument Spec => Shape.Argument(Argument);
    }

    public static TheoryData<Place> Handles => Places(argument => argument.IsHandle);

    public static TheoryData<Place> Needing => Places(argument => argument.IsHandle && argument.RequiredRights != Rights.None);

    public static TheoryData<Place> Pairs => Places(argument => argument.Kind == ArgumentKind.HandlePair);

    public static TheoryData<Place> Outside => Places(argument => OutsideOf(argument) != null);

    [Fact]
    public void Every_call_is_in_the_table_and_nothing_else_is()
    {
        HashSet<uint> named = [.. Enum.GetValues<SystemCall>().Where(call => call != SystemCall.Count).Select(call => (uint)call)];
        HashSet<uint> listed = [.. Enumerable.Range(0, 1024).Select(number => (uint)number)
            .Where(number => SystemCallTable.Of((SystemCall)number).Exists)];
        Assert.Equal(named.Order(), listed.Order());
    }

    [Fact]
    public void A_number_that_is_not_in_the_table_is_no_system_call()
    {
        for (uint number = 0; number < 2 * (uint)SystemCall.Count; number++)
        {
            if (!SystemCallTable.Of((SystemCall)number).Exists)
            {
                Snapshot.Fails(Error.UnknownSystemCall, _system, (SystemCall)number);
            }
        }
    }

    [Fact]
    public void Forms_follow_each_other()
    {
        foreach (SystemCall call in Enum.GetValues<SystemCall>())
        {
            int forms = Enumerable.Range(0, 16).Count(form => SystemCallTable.Of(call, (uint)form).Exists);
            Assert.True(forms <= SystemCallTable.MaxForms);
            Assert.All(Enumerable.Range(0, forms), form => Assert.True(SystemCallTable.Of(call, (uint)form).Exists));
        }
    }

    [Theory]
    [MemberData(nameof(Handles))]
    public void A_stale_handle_is_refused(Place place) => Refuses(place, Error.StaleHandle, Stale);

    [Theory]
    [MemberData(nameof(Handles))]
    public void A_closed_handle_is_refused(Place place)
    {
        ulong closed = HandleTo(place.Spec.Object == ObjectKind.None ? ObjectKind.Log : place.Spec.Object)!.Value;
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.CapabilityDelete, closed).Error);
        Refuses(place, Error.StaleHandle, closed);
    }

    [Theory]
    [MemberData(nameof(Handles))]
    public void A_handle_of_a_slots_former_life_is_refused_and_so_is_one_of_a_life_to_come(Place place)
    {
        ObjectKind kind = place.Spec.Object == ObjectKind.None ? ObjectKind.Log : place.Spec.Object;
        ulong source = HandleTo(kind)!.Value;
        ulong former = Mint(source, Rights.All);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.CapabilityDelete, former).Error);
        ulong present = Mint(source, Rights.All);
        Assert.Equal(former + CapabilitySpace.MaxHandles, present);
        Refuses(place, Error.StaleHandle, former);
        Refuses(place, Error.StaleHandle, present + CapabilitySpace.MaxHandles);
    }

    [Theory]
    [MemberData(nameof(Needing))]
    public void A_handle_of_every_other_kind_is_refused(Place place)
    {
        for (ObjectKind kind = ObjectKind.Thread; kind < ObjectKind.Count; kind++)
        {
            ulong? handle = kind == place.Spec.Object ? null : HandleTo(kind);
            if (handle != null)
            {
                Refuses(place, Error.WrongKind, handle.Value);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Needing))]
    public void A_handle_without_the_right_is_refused(Place place)
    {
        Refuses(place, Error.MissingRight, Mint(HandleTo(place.Spec.Object)!.Value, Rights.All & ~place.Spec.RequiredRights));
        Refuses(place, Error.MissingRight, Mint(HandleTo(place.Spec.Object)!.Value, Rights.None));
    }

    [Theory]
    [MemberData(nameof(Needing))]
    public void A_handle_with_that_right_alone_is_enough(Place place)
    {
        ulong enough = Mint(HandleTo(place.Spec.Object)!.Value, place.Spec.RequiredRights);
        ulong upper = place.Spec.Kind == ArgumentKind.HandlePair
            ? Mint(HandleTo(place.Spec.UpperObject)!.Value, place.Spec.UpperRequiredRights) : 0;
        Error error = Make(_system, place, enough | upper << 32);
        Assert.True(place.Shape.MayReturn(error), $"{error} is not in the table");
        Assert.False(error is Error.StaleHandle or Error.WrongKind or Error.MissingRight, $"{error}");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_upper_handle_of_a_pair_is_looked_at_too(Place place)
    {
        ulong lower = HandleTo(place.Spec.Object)!.Value;
        ulong upper = HandleTo(place.Spec.UpperObject)!.Value;
        Refuses(place, Error.StaleHandle, lower | Stale << 32);
        Refuses(place, Error.WrongKind, lower | HandleTo(ObjectKind.Log)!.Value << 32);
        Refuses(place, Error.MissingRight, lower | Mint(upper, Rights.All & ~place.Spec.UpperRequiredRights) << 32);
        if (!place.Spec.UpperIsOptional)
        {
            Refuses(place, Error.WrongKind, lower);
        }
    }

    [Theory]
    [MemberData(nameof(Outside))]
    public void What_is_outside_of_the_documented_range_is_refused(Place place)
    {
        foreach (ulong outside in OutsideOf(place.Spec)!)
        {
            Refuses(place, place.Spec.IsAddress ? Error.BadAddress : Error.BadArgument, outside);
        }
    }

    [Fact]
    public void Calls_that_are_given_what_they_ask_for_answer_as_the_table_says()
    {
        foreach (SystemCall call in Enum.GetValues<SystemCall>().Where(call => SystemCallTable.Of(call).Exists))
        {
            using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
            system.PutRequest(0, "child", Grants.None);
            Error error = Make(system, new Place(call, 0, 0), null);
            Assert.True(SystemCallTable.Of(call).MayReturn(error), $"{call}: {error} is not in the table");
        }
    }

    private static TheoryData<Place> Places(Predicate<CallArgument> wanted)
    {
        var places = new TheoryData<Place>();
        foreach (SystemCall call in Enum.GetValues<SystemCall>())
        {
            for (uint form = 0; form < SystemCallTable.MaxForms; form++)
            {
                for (uint argument = 0; argument < 4; argument++)
                {
                    var place = new Place(call, form, argument);
                    if (place.Shape.Exists && wanted(place.Spec))
                    {
                        places.Add(place);
                    }
                }
            }
        }

        return places;
    }

    // Values that such an argument must not have; null if it may have any, or none is always wrong.
    private static ulong[]? OutsideOf(CallArgument argument) => argument.Kind switch
    {
        ArgumentKind.Number when argument.Lowest == argument.Highest => null,
        ArgumentKind.Number when argument.Lowest > 0 => [argument.Lowest - 1, argument.Highest + 1, ulong.MaxValue],
        ArgumentKind.Number => [argument.Highest + 1, ulong.MaxValue],
        ArgumentKind.Cpu => [2, 1ul << 32, ulong.MaxValue],
        ArgumentKind.CpuMask => [0, 4],
        ArgumentKind.Instant => [long.MaxValue, ulong.MaxValue],
        ArgumentKind.Deadline => [1ul << 63, ulong.MaxValue],
        ArgumentKind.Period => [1, CallLimits.MinTimerPeriodNs - 1, CallLimits.MaxTimerPeriodNs + 1, ulong.MaxValue],
        ArgumentKind.RightsMask => [16, 0xFE, 0x100, ulong.MaxValue],
        ArgumentKind.ReadableWord => [0, Data + 1, Data + 2, Unmapped, UserLayout.Limit, ulong.MaxValue & ~3ul],
        ArgumentKind.ParkAddress => [Data + 1, Data + 2, UserLayout.Limit, ulong.MaxValue & ~3ul],
        ArgumentKind.UserAddress => [UserLayout.Limit, ulong.MaxValue],
        ArgumentKind.MessageBuffer => [Data + 8, 0, Unmapped, UserLayout.Limit, ulong.MaxValue & ~(IpcBuffer.Bytes - 1ul)],
        ArgumentKind.Input or ArgumentKind.InputOutput =>
            [0, Unmapped, UserLayout.Limit - 4, UserLayout.Limit, 1ul << 63, ulong.MaxValue],
        ArgumentKind.Output =>
            [0, Unmapped, UserLayout.StartPage, UserLayout.Limit - 4, UserLayout.Limit, 1ul << 63, ulong.MaxValue],
        _ => null,
    };

    private void Refuses(Place place, Error expected, ulong value)
    {
        ulong[] arguments = Arguments(_system, place, value);
        Assert.True(place.Shape.MayReturn(expected), $"{expected} is not in the table");
        Snapshot.Fails(expected, _system, place.Call, arguments[0], arguments[1], arguments[2], arguments[3]);
    }

    // What a call answers at once. The machine may end with it.
    private static Error Make(SimulatedSystem system, Place place, ulong? value)
    {
        ulong[] arguments = Arguments(system, place, value);
        try
        {
            return system.Syscall(0, place.Call, arguments[0], arguments[1], arguments[2], arguments[3]).Error;
        }
        catch (MachineExitException)
        {
            return Error.None;
        }
    }

    // What the call asks for, but for one argument.
    private static ulong[] Arguments(SimulatedSystem system, Place place, ulong? value)
    {
        var arguments = new ulong[4];
        for (uint i = 0; i < 4; i++)
        {
            arguments[i] = i == place.Argument && value != null ? value.Value : Good(system, place.Shape.Argument(i));
        }

        return arguments;
    }

    private static ulong Good(SimulatedSystem system, CallArgument argument) => argument.Kind switch
    {
        ArgumentKind.Handle => HandleTo(system, argument.Object == ObjectKind.None ? ObjectKind.Log : argument.Object)!.Value,
        ArgumentKind.HandlePair =>
            HandleTo(system, argument.Object)!.Value | HandleTo(system, argument.UpperObject)!.Value << 32,
        ArgumentKind.Number => Math.Max(argument.Lowest, Math.Min(argument.Highest, 1)),
        ArgumentKind.CpuMask => 1,
        ArgumentKind.Bits => SchedulingLimits.MinSliceNs,
        _ when argument.IsAddress => Data,
        _ => 0,
    };

    private ulong? HandleTo(ObjectKind kind) => HandleTo(_system, kind);

    // A new handle to an object of that kind, with all rights; null if there are none of that kind.
    private static ulong? HandleTo(SimulatedSystem system, ObjectKind kind)
    {
        ulong? boot = kind switch
        {
            ObjectKind.Process => BootHandle.Process,
            ObjectKind.Thread => BootHandle.MainThread,
            ObjectKind.Log => BootHandle.Log,
            ObjectKind.Report => BootHandle.Report,
            ObjectKind.Programs => BootHandle.Spawn,
            ObjectKind.Machine => BootHandle.Machine,
            ObjectKind.Policy => BootHandle.Policy,
            _ => null,
        };
        if (boot != null)
        {
            return system.Syscall(0, SystemCall.CapabilityMint, boot.Value, (ulong)Rights.Same).Value;
        }

        SimulatedSystem.CallResult made = kind switch
        {
            ObjectKind.Session => system.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn),
            ObjectKind.Ring => system.Syscall(
                0,
                SystemCall.RingCreate,
                BootHandle.Process,
                system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value,
                1,
                1),
            _ => system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind),
        };
        return made.Error == Error.None ? made.Value : null;
    }

    private ulong Mint(ulong handle, Rights mask) =>
        _system.Syscall(0, SystemCall.CapabilityMint, handle, (ulong)mask).Value;
}
