using System.Globalization;
using System.Linq;
using System.Text;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>The state of a system for people to read, when something failed.</summary>
public sealed unsafe partial class SimulatedSystem
{
    /// <summary>Every CPU, process and thread in a line.</summary>
    public string Dump()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"  clock {Clock}, idle {Kernel->IdleMask:x}");
        for (uint i = 0; i < Shape.Cpus; i++)
        {
            text.AppendLine(DescribeCpu(Cpu(i)));
        }

        foreach (nint process in Processes)
        {
            text.AppendLine(Describe((Process*)process));
        }

        foreach (nint thread in Threads)
        {
            text.AppendLine(Describe((Thread*)thread));
        }

        return text.ToString();
    }

    private string DescribeCpu(Cpu* cpu)
    {
        string queue = string.Join(' ', QueueOf(cpu->Id).Select(thread => NameOf((Thread*)thread)));
        return $"  cpu {cpu->Id}: runs {NameOf(cpu->Current)}, queue [{queue}], inbox {NameOf((Thread*)cpu->Inbox)}.., "
            + $"interrupt {HasInterrupt(cpu->Id)}, needs one {cpu->NeedsRescheduleIpi}, "
            + $"timer {TimerOf(cpu->Id).Nanoseconds}, work {cpu->WorkPending}";
    }

    private static string Describe(Process* process) =>
        $"  process {process->Header.Index}: {process->Phase}, {process->LiveThreads} threads, "
        + $"loaded on {process->LoadedCpus:x}, {process->Header.References} references";

    private static string Describe(Thread* thread) =>
        $"  thread {NameOf(thread)} of {thread->Process->Header.Index}: {StateOf(thread).Location} cpu {StateOf(thread).Cpu}, "
        + $"affinity {thread->EffectiveAffinity:x}, timer slot {thread->Timer.HeapSlot}, {thread->Header.References} references";

    /// <summary>A thread's index and generation.</summary>
    internal static string NameOf(Thread* thread) =>
        thread == null ? "-" : $"{thread->Header.Index}.{thread->Header.Generation}";
}
