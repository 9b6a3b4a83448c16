using System.Collections.Generic;
using System.Globalization;

namespace Lachesis.Simulator;

/// <summary>Writes down what happens in a run, a line for each choice point, for people to read.</summary>
internal sealed unsafe class Recorder(int most)
{
    private readonly Queue<string> _lines = [];

    private SimulatedSystem? _system;

    /// <summary>The last lines.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>The system, now that it is made.</summary>
    public void Follow(SimulatedSystem system) => _system = system;

    /// <summary>A CPU enters the kernel, or its program does something by itself.</summary>
    public void Entered(uint cpu, string what) => Add($"cpu {cpu}: {what}");

    /// <summary>A CPU is about to access a word.</summary>
    public void Accessed(long step, int cpu, Access access, ulong* location)
    {
        if (access != Access.Outside)
        {
            string word = location == null ? "" : " " + (WordNames.Of(_system!, location));
            Add(string.Create(CultureInfo.InvariantCulture, $"{step,8} cpu {cpu}:     {access}{word}"));
        }
    }

    /// <summary>The schedule decided something.</summary>
    public void Decided(ScheduleEvent decided) => Add($"{decided.Step,8} -- {decided.Decision} cpu {decided.Cpu}");

    private void Add(string line)
    {
        if (_lines.Count == most)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue(line);
    }
}
