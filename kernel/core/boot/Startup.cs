using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Boot;

/// <summary>The last step of booting: starting what the manifest says.</summary>
public static unsafe class Startup<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Makes and starts every process of the manifest, on the CPU that booted and has no current thread. A process that
    /// cannot be made stops the boot: a half-started system would only confuse.
    /// </summary>
    public static void StartProcesses(Cpu* cpu, in BootManifest manifest)
    {
        Kernel* kernel = cpu->Kernel;
        MakeSessions(cpu, in manifest);
        for (uint i = 0; i < manifest.ProcessCount; i++)
        {
            ManifestProcess* wanted = manifest.Process(i);
            ProcessPlan plan = default;
            plan.SetProgram(kernel, wanted->Program);
            plan.SetData(kernel, wanted->Data);
            plan.Grants = wanted->Grants;
            plan.Cpus = new CpuMask(wanted->CpuMask) & kernel->Online;
            plan.Argument = manifest.Argument(i);
            plan.ArgumentBytes = wanted->ArgumentLength;
            plan.Parameters = ParametersOf(kernel, wanted);
            plan.Service = wanted->Service;
            plan.Session = wanted->Session;
            if (plan.Cpus.IsEmpty)
            {
                TMachine.Panic(cpu, "manifest: a process may run on no CPU of this machine");
                return;
            }

            if (ProcessLifecycle<TMachine>.Create(cpu, in plan, out Process* process, out Thread* first) != Error.None)
            {
                TMachine.Panic(cpu, "manifest: a process could not be made (bad program, or pools or memory too small)");
                return;
            }

            Sessions<TMachine>.ListProcess(cpu, process);
            ThreadLifecycle<TMachine>.Start(cpu, first);
        }
    }

    // They have the numbers that the manifest gave them, for as long as the machine runs: nobody drops their references.
    private static void MakeSessions(Cpu* cpu, in BootManifest manifest)
    {
        uint last = 0;
        for (uint i = 0; i < manifest.ProcessCount; i++)
        {
            uint wanted = manifest.Process(i)->Session;
            last = wanted > last ? wanted : last;
        }

        for (uint i = cpu->Kernel->Sessions.HighWaterMark; i <= last; i++)
        {
            Sessions<TMachine>.Create(cpu);
        }
    }

    private static SchedulingParameters ParametersOf(Kernel* kernel, ManifestProcess* process) => new(
        process->Weight != 0 ? process->Weight : kernel->DefaultParameters.Weight,
        process->Priority,
        process->SliceNs != 0 ? process->SliceNs : (uint)kernel->DefaultParameters.SliceNs,
        process->QuantumNs != 0 ? process->QuantumNs : (uint)kernel->DefaultParameters.QuantumNs);
}
