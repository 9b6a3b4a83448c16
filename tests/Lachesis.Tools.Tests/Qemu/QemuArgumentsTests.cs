using System.Collections.Generic;
using System.IO;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Qemu;
using Xunit;

namespace Lachesis.Tools.Tests.Qemu;

public sealed class QemuArgumentsTests
{
    private static readonly MachineOptions s_options = new() { Kernel = "kernel.elf", Cpus = 4, MemoryMiB = 256 };

    [Fact]
    public void The_machine_is_the_one_that_the_kernel_expects()
    {
        string line = Compose(s_options, "out");

        Assert.Contains("-machine q35", line);
        Assert.Contains("-cpu max", line);
        Assert.Contains("-m 256", line);
        Assert.Contains("-smp 4", line);
        Assert.Contains("-kernel kernel.elf", line);
        Assert.Contains("-initrd out/initrd.img", line);
        Assert.Contains("-serial chardev:log", line);
        Assert.Contains("-chardev file,id=log,path=out/serial.log", line);
        Assert.Contains("-chardev file,id=report,path=out/report.bin", line);
        Assert.Contains("-device isa-debugcon,iobase=0xe9,chardev=report", line);
        Assert.Contains("-device isa-debug-exit,iobase=0xf4,iosize=4", line);
        Assert.Contains("-no-reboot", line);
        Assert.Contains("-nodefaults -no-user-config -display none", line);
        Assert.Contains("-accel tcg,thread=multi", line);
        Assert.DoesNotContain("-icount", line);
    }

    [Fact]
    public void Instruction_counting_is_single_threaded_and_repeatable()
    {
        string line = Compose(s_options with { InstructionCount = true }, "out");

        Assert.Contains("-accel tcg,thread=single", line);
        Assert.Contains("-icount shift=0,sleep=off", line);
        Assert.Contains("clock=vm", line);
        Assert.Contains("-seed 1", line);
    }

    [Theory]
    [InlineData(null, "-cpu max,x2apic=off")]
    [InlineData("qemu64", "-cpu qemu64,x2apic=off")]
    [InlineData("max,x2apic=on", "-cpu max,x2apic=on")]
    public void Instruction_counting_goes_without_x2APIC_unless_it_is_asked_for(string? model, string option) =>
        Assert.Contains(option, Compose(s_options with { InstructionCount = true, CpuModel = model }, "out"));

    [Fact]
    public void A_model_is_passed_on_as_it_is()
    {
        Assert.Contains("-cpu max,-nx ", Compose(s_options with { CpuModel = "max,-nx" }, "out"));
        Assert.Contains("-cpu max ", Compose(s_options, "out"));
    }

    [Fact]
    public void Kvm_takes_the_host_as_it_is()
    {
        string line = Compose(s_options with { Accelerator = "kvm" }, "out");

        Assert.Contains("-accel kvm", line);
        Assert.Contains("-cpu host", line);
        Assert.DoesNotContain("tcg", line);
    }

    [Fact]
    public void A_comma_in_a_path_does_not_end_the_path() => Assert.Contains("path=a,,b/serial.log", Compose(s_options, "a,b"));

    private static string Compose(MachineOptions options, string folder)
    {
        string parent = Directory.CreateTempSubdirectory("lachesis-test-").FullName;
        try
        {
            List<string> arguments = QemuArguments.Compose(options, new MachineFiles(Path.Combine(parent, folder)));
            return string.Join(' ', arguments).Replace(parent + "/", "");
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }
}
