using System.Globalization;
using System.Linq;
using System.Text;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Tests.Machines;

/// <summary>The state of a system for people to read, when something failed.</summary>
internal sealed unsafe partial class TestSystem
{
    /// <summary>Every CPU, process and thread in a line.</summary>
    public string Dump()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"  clock {Clock}, idle {Kernel->IdleMask:x}");
        for (uint i = 0; i < Shape.Cpus; i++)
        {
            Cpu* cpu = Cpu(i);
            string queue = string.Join(' ', QueueOf(i).Select(thread => NameOf((Thread*)thread)));
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  cpu {i}: runs {NameOf(cpu->Current)}, queue [{queue}], inbox {NameOf((Thread*)cpu->Inbox)}.., interrupt {HasInterrupt(i)}, " +
                $"needs one {cpu->NeedsInterrupt}, timer {TimerOf(i).Nanoseconds}, work {cpu->WorkPending}");
        }

        foreach (nint at in Processes)
        {
            Process* process = (Process*)at;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  process {process->Header.Index}: {process->Phase}, {process->LiveThreads} threads, loaded on {process->LoadedOn:x}, " +
                $"{process->Header.References} references");
        }

        foreach (nint at in Threads)
        {
            Thread* thread = (Thread*)at;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  thread {NameOf(thread)} of {thread->Process->Header.Index}: {StateOf(thread).Place} cpu {StateOf(thread).Cpu}, " +
                $"affinity {thread->AffinityBits:x}, timer slot {thread->TimerSlot}, {thread->Header.References} references");
        }

        return text.ToString();
    }

    private static string NameOf(Thread* thread) =>
        thread == null ? "-" : $"{thread->Header.Index}.{thread->Header.Generation}";
}
