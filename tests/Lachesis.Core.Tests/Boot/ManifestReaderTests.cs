using System;
using System.Buffers.Binary;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Boot;

public unsafe class ManifestReaderTests
{
    private const uint Files = 3;
    private static readonly Images.Process s_plain = new(1, Grants.Log, 1, 0, 0);

    [Fact]
    public void A_sound_manifest_is_read_back()
    {
        using var memory = new GuardedMemory(Images.ValidManifest());

        Assert.Equal(Error.None, ManifestReader.Open(memory.Start, memory.Length, Files, out BootManifest manifest));

        Assert.Equal(2u, manifest.ProcessCount);
        PoolCapacities pools = manifest.Pools;
        Assert.Equal((100u, 10u), (pools.Threads, pools.Processes));
        Assert.Equal((11u, 12u, 13u), (pools.Endpoints, pools.Notifications, pools.Replies));
        Assert.Equal((14u, 15u), (pools.Timers, pools.Rings));
        Assert.Equal(1_000_000u, manifest.SliceNs);
        Assert.Equal(Grants.Log | Grants.Report, manifest.Process(0)->Grants);
        Assert.Equal("hello", Encoding.UTF8.GetString(manifest.Argument(0), (int)manifest.Process(0)->ArgumentLength));
        Assert.Equal(3ul, manifest.Process(1)->CpuMask);
        Assert.Equal(0u, manifest.Process(1)->ArgumentLength);
    }

    [Fact]
    public void The_most_processes_are_accepted_and_one_more_is_refused()
    {
        Assert.Equal(Error.None, Open(Images.Manifest(Enumerable.Repeat(s_plain, ManifestHeader.MaxProcesses).ToArray())));
        Assert.Equal(
            Error.BadArgument,
            Open(Images.Manifest(Enumerable.Repeat(s_plain, ManifestHeader.MaxProcesses + 1).ToArray())));
        Assert.Equal(Error.BadArgument, Open(Images.Manifest([])));
    }

    [Theory]
    [InlineData(0u, 1u, 1ul, 0u, 0u, "the manifest as program")]
    [InlineData(3u, 1u, 1ul, 0u, 0u, "a program that is not there")]
    [InlineData(uint.MaxValue, 1u, 1ul, 0u, 0u, "a program far away")]
    [InlineData(1u, 32u, 1ul, 0u, 0u, "an unknown grant")]
    [InlineData(1u, 1u, 0ul, 0u, 0u, "no CPU")]
    [InlineData(1u, 1u, 1ul, 6u, 0u, "argument starts behind the area")]
    [InlineData(1u, 1u, 1ul, 0u, 6u, "argument ends behind the area")]
    [InlineData(1u, 1u, 1ul, uint.MaxValue, 1u, "argument offset wraps")]
    [InlineData(1u, 1u, 1ul, 1u, uint.MaxValue, "argument end wraps")]
    public void A_bad_process_is_refused(uint program, uint grants, ulong mask, uint offset, uint length, string what)
    {
        byte[] image = Images.Manifest([new(program, (Grants)grants, mask, offset, length)], "hello");
        Assert.True(Open(image) == Error.BadArgument, what);
    }

    [Theory]
    [InlineData(Files - 1, Error.None)]
    [InlineData(Files, Error.BadArgument)]
    [InlineData(uint.MaxValue, Error.BadArgument)]
    public void Data_is_a_file_of_the_ramdisk(uint data, Error expected) =>
        Assert.Equal(expected, Open(Images.Manifest([s_plain with { Data = data }])));

    [Theory]
    [InlineData(ProgramStart.MaxArgument, Error.None)]
    [InlineData(ProgramStart.MaxArgument + 1, Error.BadArgument)]
    public void An_argument_has_a_longest_length(int length, Error expected) => Assert.Equal(
        expected,
        Open(Images.Manifest([s_plain with { ArgumentLength = (uint)length }], new string('x', length))));

    [Theory]
    [InlineData(BootLimits.MaxThreads, 0u, 0u, Error.None)]
    [InlineData(BootLimits.MaxThreads + 1, 0u, 0u, Error.BadArgument)]
    [InlineData(1u, 0u, 0u, Error.BadArgument)]
    [InlineData(0u, BootLimits.MaxProcesses, 0u, Error.None)]
    [InlineData(0u, BootLimits.MaxProcesses + 1, 0u, Error.BadArgument)]
    [InlineData(0u, 1u, 0u, Error.BadArgument)]
    [InlineData(0u, 0u, BootLimits.MinDefaultSliceNs, Error.None)]
    [InlineData(0u, 0u, BootLimits.MinDefaultSliceNs - 1, Error.BadArgument)]
    [InlineData(0u, 0u, BootLimits.MaxDefaultSliceNs, Error.None)]
    [InlineData(0u, 0u, BootLimits.MaxDefaultSliceNs + 1, Error.BadArgument)]
    public void Pools_and_slice_have_ranges(uint threads, uint processes, uint sliceNs, Error expected) =>
        Assert.Equal(
            expected,
            Open(Images.Manifest([s_plain, s_plain], "", new PoolCapacities { Threads = threads, Processes = processes }, sliceNs)));

    [Theory]
    [InlineData(nameof(PoolCapacities.Endpoints))]
    [InlineData(nameof(PoolCapacities.Notifications))]
    [InlineData(nameof(PoolCapacities.Replies))]
    [InlineData(nameof(PoolCapacities.Timers))]
    [InlineData(nameof(PoolCapacities.Rings))]
    public void Pools_of_other_objects_have_a_largest_capacity(string pool)
    {
        Assert.Equal(Error.None, Open(WithCapacity(pool, 1)));
        Assert.Equal(Error.None, Open(WithCapacity(pool, BootLimits.MaxObjects)));
        Assert.Equal(Error.BadArgument, Open(WithCapacity(pool, BootLimits.MaxObjects + 1)));
        Assert.Equal(Error.BadArgument, Open(WithCapacity(pool, uint.MaxValue)));
    }

    [Fact]
    public void What_is_reserved_in_the_header_is_zero()
    {
        byte[] image = Images.ValidManifest();
        image[Offset(nameof(ManifestHeader.Reserved))] = 1;
        Assert.Equal(Error.BadArgument, Open(image));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Magic_and_version_are_checked(int position)
    {
        byte[] image = Images.ValidManifest();
        image[position]++;
        Assert.Equal(Error.BadArgument, Open(image));
    }

    [Theory]
    [InlineData(4ul)]
    [InlineData(6ul)]
    [InlineData(ulong.MaxValue)]
    public void The_argument_area_fills_the_rest(ulong bytes)
    {
        byte[] image = Images.ValidManifest();
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(Offset(nameof(ManifestHeader.ArgumentBytes))), bytes);
        Assert.Equal(Error.BadArgument, Open(image));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] image = Images.ValidManifest();
        for (int length = 0; length < image.Length; length++)
        {
            Assert.Equal(Error.BadArgument, Open(image.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Hostile_manifests_never_lead_outside() => Prop.ForAll(Mutation.Any(sizeof(ManifestHeader) + (2 * sizeof(ManifestProcess))), input =>
    {
        using var memory = new GuardedMemory(Mutation.Apply(Images.ValidManifest(), input.Changes, input.Kept));
        if (ManifestReader.Open(memory.Start, memory.Length, Files, out BootManifest manifest) != Error.None)
        {
            return;
        }

        for (uint i = 0; i < manifest.ProcessCount; i++)
        {
            byte* argument = manifest.Argument(i);
            for (uint at = 0; at < manifest.Process(i)->ArgumentLength; at++)
            {
                Assert.InRange((ulong)(argument + at - memory.Start), 0ul, memory.Length - 1);
                _ = argument[at];
            }
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static byte[] WithCapacity(string pool, uint capacity)
    {
        byte[] image = Images.ValidManifest();
        int offset = Offset(nameof(ManifestHeader.Pools)) + (int)Marshal.OffsetOf<PoolCapacities>(pool);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), capacity);
        return image;
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<ManifestHeader>(field);

    private static Error Open(ReadOnlySpan<byte> image)
    {
        using var memory = new GuardedMemory(image);
        return ManifestReader.Open(memory.Start, memory.Length, Files, out _);
    }
}
