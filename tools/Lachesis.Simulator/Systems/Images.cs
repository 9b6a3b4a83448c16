using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Simulator;

/// <summary>Images written field by field from the format's description, apart from the code that reads them.</summary>
internal static class Images
{
    private const int Page = 4096;

    public readonly record struct Segment(
        uint Flags, ulong Offset, ulong Address, ulong FileBytes, ulong MemoryBytes, uint Type = 1);

    public readonly record struct Process(
        uint Program, Grants Grants, ulong CpuMask, uint ArgumentOffset, uint ArgumentLength, uint Data = 0);

    public static readonly Segment Text = new(5, 0x1000, 0x40_1000, 0x800, 0x800);

    public static readonly Segment Data = new(6, 0x1800, 0x40_2800, 0x100, 0x3000);

    public static byte[] Program(ulong entry, params Segment[] segments)
    {
        var image = new MemoryStream();
        var writer = new BinaryWriter(image);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)2);
        writer.Write((ushort)62);
        writer.Write(1U);
        writer.Write(entry);
        writer.Write(64UL);
        writer.Write(0UL);
        writer.Write(0U);
        writer.Write((ushort)64);
        writer.Write((ushort)56);
        writer.Write((ushort)segments.Length);
        writer.Write(new byte[6]);
        foreach (Segment segment in segments)
        {
            writer.Write(segment.Type);
            writer.Write(segment.Flags);
            writer.Write(segment.Offset);
            writer.Write(segment.Address);
            writer.Write(segment.Address);
            writer.Write(segment.FileBytes);
            writer.Write(segment.MemoryBytes);
            writer.Write((ulong)Page);
        }

        byte[] bytes = image.ToArray();
        Array.Resize(ref bytes, 2 * Page);
        return bytes;
    }

    public static byte[] ValidProgram() => Program(0x40_1010, Text, Data);

    public static byte[] Manifest(
        IReadOnlyList<Process> processes, string arguments = "", PoolCapacities pools = default, uint sliceNs = 0)
    {
        var image = new MemoryStream();
        var writer = new BinaryWriter(image);
        writer.Write("LMAN"u8);
        writer.Write(4U);
        writer.Write((uint)processes.Count);
        writer.Write(pools.Threads);
        writer.Write(pools.Processes);
        writer.Write(pools.Endpoints);
        writer.Write(pools.Notifications);
        writer.Write(pools.Replies);
        writer.Write(pools.Timers);
        writer.Write(pools.Rings);
        writer.Write(sliceNs);
        writer.Write((uint)SchedulingPolicy.RoundRobin);
        writer.Write((uint)FairFeatures.All);
        writer.Write(0U);
        writer.Write((ulong)Encoding.UTF8.GetByteCount(arguments));
        foreach (Process process in processes)
        {
            writer.Write(process.Program);
            writer.Write((uint)process.Grants);
            writer.Write(process.CpuMask);
            writer.Write(process.ArgumentOffset);
            writer.Write(process.ArgumentLength);
            writer.Write(new byte[6 * sizeof(uint)]); // weight, request, quantum, priority, service, session: the defaults
            writer.Write(process.Data);
            writer.Write(0U);
        }

        writer.Write(Encoding.UTF8.GetBytes(arguments));
        return image.ToArray();
    }

    public static byte[] ValidManifest() => Manifest(
        [new(1, Grants.Log | Grants.Report, ulong.MaxValue, 0, 5), new(2, Grants.None, 3, 5, 0)], "hello",
        new PoolCapacities { Threads = 100, Processes = 10, Endpoints = 11, Notifications = 12, Replies = 13, Timers = 14, Rings = 15 },
        1_000_000);

    public static byte[] Ramdisk(params (string Name, byte[] Content)[] files)
    {
        int table = 24 + (files.Length * 64);
        var image = new MemoryStream();
        var writer = new BinaryWriter(image);
        int total = table;
        foreach ((_, byte[] content) in files)
        {
            total = RoundUp(total) + content.Length;
        }

        writer.Write("LRAM"u8);
        writer.Write(1U);
        writer.Write((uint)files.Length);
        writer.Write(0U);
        writer.Write((ulong)total);
        int offset = table;
        foreach ((string name, byte[] content) in files)
        {
            offset = RoundUp(offset);
            byte[] padded = new byte[48];
            Encoding.UTF8.GetBytes(name, padded);
            writer.Write(padded);
            writer.Write((ulong)offset);
            writer.Write((ulong)content.Length);
            offset += content.Length;
        }

        foreach ((_, byte[] content) in files)
        {
            writer.Write(new byte[RoundUp((int)image.Length) - (int)image.Length]);
            writer.Write(content);
        }

        return image.ToArray();
    }

    public static byte[] ValidRamdisk() =>
        Ramdisk(("manifest", ValidManifest()), ("thread", ValidProgram()), ("child", ValidProgram()));

    private static int RoundUp(int value) => (value + Page - 1) / Page * Page;
}
