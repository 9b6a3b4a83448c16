using System;
using System.Diagnostics;
using System.IO;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Elf;

namespace Lachesis.Tools.Tests.Elf;

/// <summary>Links objects made in a test with the real `ld`.</summary>
internal static class Linker
{
    /// <summary>Code, constants and variables in segments of their own, as every image should have them.</summary>
    public const string Script = """
        PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); }
        SECTIONS {
          . = 0x400000;
          .text : { *(.text) *(.text.*) } :text
          . = ALIGN(4096);
          .rodata : { *(.rodata) } :rodata
          . = ALIGN(4096);
          .data : { *(.data) } :data
          /DISCARD/ : { *(.note.*) }
        }
        """;

    public static ElfFile Parse(RelocatableObject file) => ElfFile.Parse("test.o", file.ToBytes());

    public static ElfFile Link(string script, string[] options, params RelocatableObject[] files)
    {
        string folder = Directory.CreateTempSubdirectory("lachesis-link-").FullName;
        try
        {
            string[] objects = Array.ConvertAll(files, file => Path.Combine(folder, $"{Array.IndexOf(files, file)}.o"));
            for (int i = 0; i < files.Length; i++)
            {
                File.WriteAllBytes(objects[i], files[i].ToBytes());
            }

            string scriptPath = Path.Combine(folder, "link.ld");
            string image = Path.Combine(folder, "image.elf");
            File.WriteAllText(scriptPath, script);
            Run("ld", ["-n", "-e", "0", "-T", scriptPath, "-o", image, .. options, .. objects]);
            return ElfFile.Parse("test.elf", File.ReadAllBytes(image));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static string Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {output}");
    }
}
