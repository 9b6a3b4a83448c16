using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Lachesis.Tools.Qemu;

/// <summary>
/// A machine that QEMU cannot make for a reason that lies with what was asked for, or with the host: told in one line that
/// names the setting, instead of as a failure of the kernel.
/// </summary>
public static partial class QemuRefusal
{
    private const string KvmDevice = "/dev/kvm";
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const nuint KvmGetApiVersion = 0xAE00;
    private const nuint KvmCreateVm = 0xAE01;
    private const int KvmApi = 12;

    /// <summary>Refuses a machine that would need what this host does not have.</summary>
    public static void CheckHost(MachineOptions options)
    {
        if (options.Accelerator == "kvm" && KvmProblem(KvmDevice) is { } problem)
        {
            throw NoKvm(problem);
        }
    }

    /// <summary>What to say of a QEMU that ended before the guest reported anything; null if only QEMU knows.</summary>
    public static ToolException? Explain(MachineOptions options, int status, string message)
    {
        // An assertion says nothing but that QEMU did not expect this host.
        string said = message.Length == 0 || message.Contains("Assertion") ? $"status {status}" : message;
        return options.Accelerator == "kvm" ? NoKvm($"QEMU ended before the guest ran ({said})")
            : options.CpuModel is { } model
                ? new ToolException($"CPU_MODEL: QEMU does not start with '{model}': {said} (--cpu-model)", ToolException.BadUsage)
                : null;
    }

    /// <summary>Why a KVM device cannot be used, or null: opens it and makes a virtual machine without anything in it.</summary>
    internal static string? KvmProblem(string device)
    {
        if (!File.Exists(device))
        {
            return $"there is no {device}";
        }

        int handle = Open(device, OpenReadWrite | OpenCloseOnExec);
        if (handle < 0)
        {
            return $"{device}: {Marshal.GetLastPInvokeErrorMessage()}";
        }

        try
        {
            if (Control(handle, KvmGetApiVersion, 0) != KvmApi)
            {
                return $"{device} is no KVM of version {KvmApi}";
            }

            int machine = Control(handle, KvmCreateVm, 0);
            if (machine < 0)
            {
                return $"{device} makes no virtual machine: {Marshal.GetLastPInvokeErrorMessage()}";
            }

            _ = Close(machine);
            return null;
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static ToolException NoKvm(string problem) =>
        new($"ACCEL: KVM does not work on this host: {problem}; ACCEL=tcg, the default, needs none (--accel)",
            ToolException.Inconclusive);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int handle, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
