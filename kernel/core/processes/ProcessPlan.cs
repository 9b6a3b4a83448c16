using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;

namespace Lachesis.Core.Processes;

/// <summary>What a new process is made from.</summary>
public unsafe struct ProcessPlan
{
    /// <summary>The program's ELF image, in the mapped ramdisk.</summary>
    public byte* Image;

    /// <summary>Its bytes.</summary>
    public ulong ImageBytes;

    /// <summary>Physical address of <see cref="Image"/>; a multiple of the page size.</summary>
    public ulong ImageFrame;

    /// <summary>The originals that it starts with, besides those of itself and its first thread: at boot, since the kernel has
    /// nobody to derive them from.</summary>
    public Grants Grants;

    /// <summary>CPUs that it may run on; at least one that runs.</summary>
    public CpuMask Cpus;

    /// <summary>Scheduling parameters that its threads start with.</summary>
    public SchedulingParameters Parameters;

    /// <summary>The service that it belongs to.</summary>
    public uint Service;

    /// <summary>The session that it is to belong to, which the caller keeps alive.</summary>
    public uint Session;

    /// <summary>Argument string, in kernel memory.</summary>
    public byte* Argument;

    /// <summary>Its bytes, at most <see cref="ProgramStart.MaxArgument"/>.</summary>
    public uint ArgumentBytes;

    /// <summary>Physical address of the file that it finds as its data; a multiple of the page size.</summary>
    public ulong DataFrame;

    /// <summary>Its bytes; 0: none.</summary>
    public ulong DataBytes;

    /// <summary>Chooses the data: a file of the ramdisk; 0: none.</summary>
    public void SetData(Kernel* kernel, uint index)
    {
        if (index != 0)
        {
            RamdiskFile file = kernel->Ramdisk.File(index);
            DataFrame = (ulong)file.Start - kernel->Pages.DirectMap;
            DataBytes = file.Length;
        }
    }

    /// <summary>Chooses the program: a file of the ramdisk, which lies in the direct map.</summary>
    public void SetProgram(Kernel* kernel, uint index)
    {
        RamdiskFile file = kernel->Ramdisk.File(index);
        Image = file.Start;
        ImageBytes = file.Length;
        ImageFrame = (ulong)file.Start - kernel->Pages.DirectMap;
    }
}
