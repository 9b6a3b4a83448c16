using System.IO;
using System.Runtime.Versioning;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Qemu;
using Xunit;

namespace Lachesis.Tools.Tests.Qemu;

[UnsupportedOSPlatform("windows")]
public sealed class QemuRefusalTests
{
    private static readonly MachineOptions s_plain = new() { Kernel = "kernel.elf" };
    private static readonly MachineOptions s_kvm = s_plain with { Accelerator = "kvm" };

    [Fact]
    public void A_host_without_KVM_is_told_as_such()
    {
        Assert.Equal("there is no /no/such/kvm", QemuRefusal.KvmProblem("/no/such/kvm"));
        Assert.Equal("/dev/null is no KVM of version 12", QemuRefusal.KvmProblem("/dev/null"));
    }

    [Fact]
    public void An_assertion_of_QEMU_over_a_broken_KVM_is_not_shown()
    {
        ToolException? refusal = QemuRefusal.Explain(s_kvm, 134, "kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == n' failed.");

        Assert.Equal(ToolException.Inconclusive, refusal?.Status);
        Assert.Equal(
            "ACCEL: KVM does not work on this host: QEMU ended before the guest ran (status 134); "
                + "ACCEL=tcg, the default, needs none (--accel)",
            refusal?.Message);
    }

    [Fact]
    public void A_model_that_QEMU_does_not_know_is_bad_usage()
    {
        ToolException? refusal = QemuRefusal.Explain(s_plain with { CpuModel = "z80" }, 1, "unable to find CPU model 'z80'");

        Assert.Equal(ToolException.BadUsage, refusal?.Status);
        Assert.Equal(
            "CPU_MODEL: QEMU does not start with 'z80': unable to find CPU model 'z80' (--cpu-model)", refusal?.Message);
    }

    [Fact]
    public void Of_any_other_QEMU_only_QEMU_knows() => Assert.Null(QemuRefusal.Explain(s_plain, 1, "out of memory"));

    [Fact]
    public void A_boot_that_QEMU_refuses_leaves_no_verdict()
    {
        using FakeQemu qemu = new("echo 'unable to find CPU model' >&2; exit 1");
        MachineOptions options = qemu.Options() with { CpuModel = "z80" };

        ToolException problem = Assert.Throws<ToolException>(() =>
            GuestBoot.Run([], options, Path.Combine(qemu.Folder, "out"), false, default));
        Assert.Equal(ToolException.BadUsage, problem.Status);
    }
}
