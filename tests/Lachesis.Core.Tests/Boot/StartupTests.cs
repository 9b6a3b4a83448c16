using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Core.Memory;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Boot;

/// <summary>Starting what a manifest says.</summary>
public sealed unsafe class StartupTests
{
    private const string NoCpu = "manifest: a process may run on no CPU of this machine";
    private const string NotMade = "manifest: a process could not be made (bad program, or pools or memory too small)";

    [Fact]
    public void Every_process_of_the_manifest_runs_with_its_argument_grants_and_cpus()
    {
        using SimulatedSystem system = Started(new SystemShape { Cpus = 2 }, Images.ValidManifest());
        Process*[] processes = [(Process*)system.Processes[0], (Process*)system.Processes[1]];
        Assert.Equal([true, true, false], new[] { BootHandle.Log, BootHandle.Report, BootHandle.Spawn }.Select(i => Has(0, i)));
        Assert.False(Has(1, BootHandle.Log));
        Assert.Equal((0b11ul, 0b11ul), (processes[0]->Cpus.Bits, processes[1]->Cpus.Bits));
        ProgramStart* start = (ProgramStart*)system.Users.At(processes[0]->PageTableRoot, UserLayout.StartPage);
        Assert.Equal("hello"u8.ToArray(), Enumerable.Range(0, (int)start->ArgumentLength).Select(i => start->Argument[i]));
        Assert.Equal(2ul, system.Kernel->LiveProcesses);
        Assert.True(system.Cpu(0)->Current != null && system.Cpu(1)->Current != null);
        Assert.NotEqual((nint)system.ProcessOn(0), (nint)system.ProcessOn(1));

        bool Has(int process, uint handle) => processes[process]->Handles.Find(handle) != null;
    }

    [Fact]
    public void A_process_finds_its_data_where_it_lies_in_the_ramdisk_and_can_only_read_it()
    {
        // File 2, of two pages, is a program as well as anything else; the process that runs it has no data.
        byte[] manifest = Images.Manifest([new(1, Grants.None, 1, 0, 0, Data: 2), new(1, Grants.None, 1, 0, 0)]);
        using SimulatedSystem system = Started(new SystemShape(), manifest);
        Process* process = (Process*)system.Processes[0];
        RamdiskFile file = system.Kernel->Ramdisk.File(2);

        ProgramStart* start = (ProgramStart*)system.Users.At(process->PageTableRoot, UserLayout.StartPage);
        Assert.Equal(file.Length, start->DataBytes);
        Assert.True(system.Users.At(process->PageTableRoot, UserLayout.DataBase) == file.Start);
        Assert.True(system.Users.At(process->PageTableRoot, UserLayout.DataBase + file.Length - 1) == file.Start + file.Length - 1);
        Assert.Equal(PageAccess.Read, system.Users.AccessOf(process->PageTableRoot, UserLayout.DataBase));
        Assert.Null(system.Users.AccessOf(process->PageTableRoot, UserLayout.DataBase + file.Length));
        Process* other = (Process*)system.Processes[1];
        Assert.Equal(0u, ((ProgramStart*)system.Users.At(other->PageTableRoot, UserLayout.StartPage))->DataBytes);
        Assert.Null(system.Users.AccessOf(other->PageTableRoot, UserLayout.DataBase));
    }

    [Theory]
    [InlineData(NoCpu, 0b100ul, 8u, 1u)]
    [InlineData(NotMade, 1ul, 0u, 1u)]
    [InlineData(NotMade, 1ul, 8u, 2u)]
    public void A_process_that_cannot_be_made_stops_the_boot(string message, ulong cpus, uint threads, uint program)
    {
        byte[] manifest = Images.Manifest([new(program, Grants.None, cpus, 0, 0)]);
        KernelPanicException panic = Assert.Throws<KernelPanicException>(
            () => Started(new SystemShape { Cpus = 2, Threads = threads }, manifest));
        Assert.Equal(message, panic.Message);
    }

    private static SimulatedSystem Started(SystemShape shape, byte[] manifest)
    {
        var system = new SimulatedSystem(shape);
        byte[] damaged = Images.ValidProgram();
        damaged[0] = 0;
        bool whole = manifest.SequenceEqual(Images.ValidManifest());
        system.InsertRamdisk(Images.Ramdisk(
            ("manifest", manifest),
            ("thread", Images.ValidProgram()),
            ("child", whole ? Images.ValidProgram() : damaged)));
        RamdiskFile file = system.Kernel->Ramdisk.File(0);
        Error error = ManifestReader.Open(file.Start, file.Length, system.Kernel->Ramdisk.Count, out BootManifest boot);
        Assert.Equal(Error.None, error);
        system.Enter(0, cpu =>
        {
            Idle<SimulatedMachine>.ClearIdle((Cpu*)cpu);
            Startup<SimulatedMachine>.StartProcesses((Cpu*)cpu, in boot);
            Scheduler<SimulatedMachine>.Reschedule((Cpu*)cpu, system.ReadClock(0));
        });
        system.RunPendingWork();
        return system;
    }
}
