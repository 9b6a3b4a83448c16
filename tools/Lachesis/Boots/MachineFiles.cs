using System.IO;

namespace Lachesis.Tools.Boots;

/// <summary>The files of one boot, in the folder of its evidence.</summary>
public sealed class MachineFiles
{
    /// <summary>Names the files and makes the folder, which is one boot's alone.</summary>
    public MachineFiles(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>File name of the log that people read.</summary>
    public const string SerialName = "serial.log";

    /// <summary>File name of the report channel's bytes.</summary>
    public const string ReportName = "report.bin";

    /// <summary>File name of the initial ramdisk.</summary>
    public const string RamdiskName = "initrd.img";

    /// <summary>File name of QEMU's own log of CPU resets, which is where it says "Triple fault".</summary>
    public const string ResetsName = "resets.log";

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Path of the log.</summary>
    public string Serial => Path.Combine(Folder, SerialName);

    /// <summary>Path of the report.</summary>
    public string Report => Path.Combine(Folder, ReportName);

    /// <summary>Path of the ramdisk.</summary>
    public string Ramdisk => Path.Combine(Folder, RamdiskName);

    /// <summary>Path of QEMU's log of resets.</summary>
    public string Resets => Path.Combine(Folder, ResetsName);
}
