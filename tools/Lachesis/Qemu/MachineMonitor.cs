using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;

namespace Lachesis.Tools.Qemu;

/// <summary>
/// QEMU's monitor (QMP) over the standard streams of its process: stops a running machine, its clock with it, and lets it go on. For use
/// by one thread.
/// </summary>
internal sealed class MachineMonitor : IDisposable
{
    /// <summary>What QEMU must be started with; its standard output must be redirected.</summary>
    public static readonly string[] Arguments = ["-chardev", "stdio,id=monitor", "-mon", "chardev=monitor,mode=control"];

    // Far more than an answer takes on a busy host: without one there is no monitor at the other end.
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private bool _negotiated;

    /// <summary>Takes over the standard streams of a QEMU that was just started.</summary>
    public MachineMonitor(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _lines.CompleteAdding();
            }
            else
            {
                _lines.Add(line.Data);
            }
        };
        process.BeginOutputReadLine();
    }

    /// <summary>QEMU's process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Stops all CPUs and the machine's clock; false if QEMU does not answer or has ended.</summary>
    public bool Stop()
    {
        _negotiated = _negotiated || Execute("qmp_capabilities");
        return _negotiated && Execute("stop");
    }

    /// <summary>Lets a stopped machine go on; false if QEMU does not answer or has ended.</summary>
    public bool Continue() => Execute("cont");

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private bool Execute(string command)
    {
        try
        {
            _process.StandardInput.WriteLine($"{{\"execute\":\"{command}\"}}");
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            return false;
        }

        // Greeting and events come between; an answer is an object whose first key is one of these two.
        long began = Stopwatch.GetTimestamp();
        for (TimeSpan left = s_timeout; left > TimeSpan.Zero; left = s_timeout - Stopwatch.GetElapsedTime(began))
        {
            if (!_lines.TryTake(out string? line, left))
            {
                return false;
            }

            if (line.StartsWith("{\"return\"", StringComparison.Ordinal) || line.StartsWith("{\"error\"", StringComparison.Ordinal))
            {
                return line[2] == 'r';
            }
        }

        return false;
    }
}
