using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Lachesis.Abi;
using Lachesis.Core.Boot;

namespace Lachesis.Tools.Ramdisk;

/// <summary>A ramdisk taken apart again, by the kernel's own readers: what they refuse, this refuses.</summary>
public sealed class RamdiskImage
{
    private RamdiskImage(IReadOnlyList<RamdiskImageFile> files, BootManifest manifest, IReadOnlyList<RamdiskProcess> processes)
    {
        Files = files;
        Processes = processes;
        Pools = manifest.Pools;
        SliceNs = manifest.SliceNs;
        Policy = manifest.Policy;
        Features = manifest.Features;
    }

    /// <summary>All files, the manifest first.</summary>
    public IReadOnlyList<RamdiskImageFile> Files { get; }

    /// <summary>The processes that start at boot.</summary>
    public IReadOnlyList<RamdiskProcess> Processes { get; }

    /// <summary>How large the pools are.</summary>
    public PoolCapacities Pools { get; }

    /// <summary>Length of a time slice in nanoseconds; 0: the kernel's default.</summary>
    public uint SliceNs { get; }

    /// <summary>The policy of every CPU.</summary>
    public SchedulingPolicy Policy { get; }

    /// <summary>Rules of the fair policy that are on.</summary>
    public FairFeatures Features { get; }

    /// <summary>Takes a ramdisk apart.</summary>
    /// <exception cref="RamdiskException">The kernel would refuse it.</exception>
    public static unsafe RamdiskImage Open(ReadOnlySpan<byte> image)
    {
        // The kernel gets it on a page boundary, and its reader insists.
        byte* copy = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(image.Length, 1), RamdiskHeader.FileAlignment);
        try
        {
            image.CopyTo(new Span<byte>(copy, image.Length));
            return Open(copy, (ulong)image.Length);
        }
        finally
        {
            NativeMemory.AlignedFree(copy);
        }
    }

    private static unsafe RamdiskImage Open(byte* start, ulong length)
    {
        if (RamdiskReader.Open(start, length, out Core.Boot.Ramdisk ramdisk) != Error.None)
        {
            throw new RamdiskException("not a ramdisk that the kernel accepts");
        }

        RamdiskFile first = ramdisk.File(0);
        if (ManifestReader.Open(first.Start, first.Length, ramdisk.Count, out BootManifest manifest) != Error.None)
        {
            throw new RamdiskException("the ramdisk's file 0 is not a manifest that the kernel accepts");
        }

        var files = new List<RamdiskImageFile>();
        for (uint i = 0; i < ramdisk.Count; i++)
        {
            RamdiskFile file = ramdisk.File(i);
            byte[] content = new ReadOnlySpan<byte>(file.Start, checked((int)file.Length)).ToArray();
            files.Add(new RamdiskImageFile(Marshal.PtrToStringUTF8((nint)file.Name)!, (ulong)(file.Start - start), content));
        }

        var processes = new List<RamdiskProcess>();
        for (uint i = 0; i < manifest.ProcessCount; i++)
        {
            ManifestProcess* process = manifest.Process(i);
            string argument = Encoding.UTF8.GetString(manifest.Argument(i), (int)process->ArgumentLength);
            processes.Add(new RamdiskProcess(files[(int)process->Program].Name, process->Grants, process->CpuMask, argument)
            {
                Weight = process->Weight,
                RequestNs = process->SliceNs,
                QuantumNs = process->QuantumNs,
                Priority = process->Priority,
                Service = process->Service,
                Session = process->Session,
                Data = process->Data == 0 ? null : files[(int)process->Data].Name,
            });
        }

        return new RamdiskImage(files, manifest, processes);
    }
}
