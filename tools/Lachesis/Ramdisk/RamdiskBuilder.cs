using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Ramdisk;

/// <summary>Packs a manifest and the programs that it names into the initial ramdisk (the format is that of
/// kernel/abi).</summary>
public static class RamdiskBuilder
{
    /// <summary>The name of file 0. No program can be called that: program names have no dot.</summary>
    public const string ManifestName = "manifest.bin";

    /// <summary>Builds the ramdisk; the same input gives the same bytes.</summary>
    /// <exception cref="ManifestException">The manifest does not hold together, or a program is missing.</exception>
    public static byte[] Build(ManifestDocument manifest, string programsFolder)
    {
        manifest.Check();
        var files = new List<(string Name, byte[] Content)> { (ManifestName, EncodeManifest(manifest)) };
        foreach (string program in manifest.AllPrograms)
        {
            files.Add((program, ReadProgram(manifest, programsFolder, program)));
        }

        files.AddRange(manifest.Processes.Select(static (process, i) => (DataName(i), process.Data))
            .Where(static file => file.Data.Length > 0));

        return Pack(files);
    }

    /// <summary>The name of a process's file of data.</summary>
    internal static string DataName(int process) => $"data.{process}";

    internal static byte[] Pack(IReadOnlyList<(string Name, byte[] Content)> files)
    {
        var offsets = new List<long>();
        long end = Marshal.SizeOf<RamdiskHeader>() + (files.Count * (long)Marshal.SizeOf<RamdiskEntry>());
        foreach ((_, byte[] content) in files)
        {
            offsets.Add(RoundUp(end));
            end = offsets[^1] + content.Length;
        }

        byte[] image = new byte[end];
        var header = new RamdiskHeader
        {
            Magic = RamdiskHeader.ExpectedMagic,
            Version = RamdiskHeader.CurrentVersion,
            EntryCount = (uint)files.Count,
            TotalBytes = (ulong)end,
        };
        Span<byte> rest = Put(image, header);
        for (int i = 0; i < files.Count; i++)
        {
            rest = Put(rest, EncodeEntry(files[i].Name, (ulong)offsets[i], (ulong)files[i].Content.Length));
            files[i].Content.CopyTo(image.AsSpan((int)offsets[i]));
        }

        return image;
    }

    private static byte[] EncodeManifest(ManifestDocument manifest)
    {
        var programs = manifest.AllPrograms.ToList();
        byte[][] arguments = manifest.Processes.Select(process => Encoding.UTF8.GetBytes(process.Argument)).ToArray();
        int argumentBytes = arguments.Sum(argument => argument.Length);
        int fixedBytes = Marshal.SizeOf<ManifestHeader>() + (arguments.Length * Marshal.SizeOf<ManifestProcess>());
        byte[] image = new byte[fixedBytes + argumentBytes];
        Span<byte> rest = Put(image, new ManifestHeader
        {
            Magic = ManifestHeader.ExpectedMagic,
            Version = ManifestHeader.CurrentVersion,
            ProcessCount = (uint)arguments.Length,
            Pools = manifest.Pools,
            SliceNs = manifest.SliceNs,
            Policy = manifest.Policy,
            Features = manifest.Features,
            ArgumentBytes = (ulong)argumentBytes,
        });
        uint argumentOffset = 0;
        uint nextData = (uint)programs.Count + 1;
        for (int i = 0; i < arguments.Length; i++)
        {
            ProcessSettings process = manifest.Processes[i];
            rest = Put(rest, new ManifestProcess
            {
                Program = (uint)(programs.IndexOf(process.Program) + 1), // file 0 is the manifest
                Grants = process.Grants,
                CpuMask = process.CpuMask,
                ArgumentOffset = argumentOffset,
                ArgumentLength = (uint)arguments[i].Length,
                Weight = process.Weight,
                SliceNs = process.RequestNs,
                QuantumNs = process.QuantumNs,
                Priority = process.Priority,
                Service = process.Service,
                Session = process.Session,
                Data = process.Data.Length > 0 ? nextData++ : 0,
            });
            argumentOffset += (uint)arguments[i].Length;
        }

        foreach (byte[] argument in arguments)
        {
            argument.CopyTo(rest);
            rest = rest[argument.Length..];
        }

        return image;
    }

    private static unsafe RamdiskEntry EncodeEntry(string name, ulong offset, ulong length)
    {
        var entry = new RamdiskEntry { Offset = offset, Length = length };
        Encoding.UTF8.GetBytes(name, new Span<byte>(entry.Name, RamdiskEntry.MaxName));
        return entry;
    }

    private static byte[] ReadProgram(ManifestDocument manifest, string folder, string program)
    {
        string path = Path.Combine(folder, program + ".elf");
        string place = PlaceOf(manifest, program);
        if (!Path.Exists(path))
        {
            throw manifest.Error(place, $"there is no program '{program}': {path} does not exist");
        }

        try
        {
            byte[] content = InputFile.Read(path, InputFile.MaxBinary);
            return content.Length > 0 ? content : throw manifest.Error(place, $"{path} is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw manifest.Error(place, $"{path} cannot be read: {error.Message}");
        }
    }

    private static string PlaceOf(ManifestDocument manifest, string program)
    {
        int process = manifest.Processes.Select(settings => settings.Program).ToList().IndexOf(program);
        return process >= 0 ? $"processes[{process}].program" : $"programs[{manifest.Programs.ToList().IndexOf(program)}]";
    }

    private static Span<byte> Put<T>(Span<byte> target, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(target, value);
        return target[Marshal.SizeOf<T>()..];
    }

    private static long RoundUp(long value) =>
        (value + RamdiskHeader.FileAlignment - 1) / RamdiskHeader.FileAlignment * RamdiskHeader.FileAlignment;
}
