using System.Collections.Generic;
using System.Linq;
using Lachesis.ThreadScale;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Host;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>
/// Takes turns with the guest: before each of the guest's turns (one run of every row) the machine stands still and the host runs the same
/// loop natively, with one thread and with as many as rows have CPUs to use. So guest and host meet the same neighbours.
/// </summary>
/// <param name="loop">The workers' loop.</param>
/// <param name="threads">The counts of threads, 1 among them.</param>
/// <param name="turns">How many turns there are.</param>
/// <param name="casesATurn">Rows of the guest, each of which it runs once a turn.</param>
internal sealed class HostTurns(WorkLoopKind loop, IReadOnlyList<int> threads, int turns, int casesATurn) : IBootCompanion
{
    private readonly NativeLoop _loop = new(loop);
    private readonly HostMeter _meter = new();
    private readonly List<long>[] _taken = [.. threads.Select(static _ => new List<long>())];
    private CaseCounter? _cases;
    private int _count;
    private bool _refused;

    /// <summary>What was found of the host.</summary>
    public HostConditions Conditions => new(
        System.Environment.ProcessorCount,
        _meter.Contention,
        [.. threads.Zip(_taken, static (count, times) => new HostRow(count, times))],
        _count == turns);

    /// <summary>The host's turn. The first one comes before the machine is started.</summary>
    public void RunHostTurn()
    {
        for (int i = 0; i < threads.Count; i++)
        {
            _taken[i].Add(_loop.Measure(threads[i]));
        }

        _count++;
    }

    /// <inheritdoc/>
    public void Poll(MachineMonitor monitor, MachineFiles files)
    {
        _meter.Sample(monitor.ProcessId);
        _cases ??= new CaseCounter(files.Report);
        if (_refused || _count >= turns || _cases.Count() < _count * casesATurn)
        {
            return;
        }

        if (!monitor.Stop())
        {
            _refused = true;
            return;
        }

        _meter.Pause(monitor.ProcessId);
        RunHostTurn();
        if (!monitor.Continue())
        {
            throw new ToolException("QEMU stopped the machine and does not let it go on");
        }
    }
}
