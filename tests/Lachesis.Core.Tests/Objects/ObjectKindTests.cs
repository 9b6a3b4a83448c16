using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Objects;

/// <summary>A kind of object that some part of the kernel does not know is found by its name, and never taken for another.</summary>
public sealed unsafe class ObjectKindTests : IDisposable
{
    private const ObjectKind NoKind = (ObjectKind)200;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape());

    public static TheoryData<ObjectKind> Kinds => new(Enum.GetValues<ObjectKind>().Where(kind => kind < ObjectKind.Count));

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_has_its_name(ObjectKind kind) => Assert.Equal(kind.ToString(), ObjectKinds.NameOf(kind));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_but_none_has_a_pool_or_is_permanent(ObjectKind kind) => Assert.Equal(
        kind != ObjectKind.None, _system.Kernel->PoolOf(kind) != null ^ ObjectKinds.IsPermanent(kind));

    [Theory]
    [InlineData(ObjectKind.None)]
    [InlineData(ObjectKind.Count)]
    [InlineData(NoKind)]
    public void Dropping_a_reference_of_no_kind_panics_with_its_name(ObjectKind kind)
    {
        Assert.Throws<KernelPanicException>(() => References<SimulatedMachine>.Drop(_system.Cpu(0), kind, default));
        AssertLogged(kind);
    }

    [Fact]
    public void An_object_that_nothing_destroys_panics_with_its_name()
    {
        GiveEndpointsPoolTo(ObjectKind.Log);
        ObjectHeader* header = (ObjectHeader*)_system.Kernel->PoolOf(ObjectKind.Log)->Allocate<SimulatedMachine>(_system.Cpu(0));
        Assert.Throws<KernelPanicException>(
            () => References<SimulatedMachine>.Drop(_system.Cpu(0), ObjectKind.Log, header->Reference));
        AssertLogged(ObjectKind.Log);
    }

    [Theory]
    [InlineData(ObjectKind.None)]
    [InlineData(NoKind)]
    public void The_end_of_a_wait_for_an_object_of_no_kind_panics_with_its_name(ObjectKind kind)
    {
        Thread* thread = _system.Cpu(0)->Current;
        thread->WaitingFor = &thread->Header;
        thread->WaitingForKind = kind;
        Assert.Throws<KernelPanicException>(() => Waits<SimulatedMachine>.CancelWait(_system.Cpu(0), thread));
        AssertLogged(kind);
    }

    private void AssertLogged(ObjectKind kind) =>
        Assert.StartsWith($"object kind {(int)kind}, {ObjectKinds.NameOf(kind)}: ", _system.Log.Text);

    // As if somebody had given a kind a pool and nothing else.
    private void GiveEndpointsPoolTo(ObjectKind kind)
    {
        ulong* table = (ulong*)_system.Kernel;
        while (*table != (ulong)&_system.Kernel->Threads)
        {
            table++;
        }

        table[kind - ObjectKind.Thread] = (ulong)&_system.Kernel->Endpoints;
    }
}
