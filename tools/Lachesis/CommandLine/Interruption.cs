using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;

namespace Lachesis.Tools.CommandLine;

/// <summary>Turns the first signal that asks the tool to end into a cancellation, so that QEMU goes first and what was done so far is
/// told. A second one ends it at once.</summary>
public static class Interruption
{
    // What a shell gives for a process that a signal ended: 128 and the signal's number.
    private static readonly Dictionary<PosixSignal, int> s_statuses = new()
    {
        [PosixSignal.SIGHUP] = 129,
        [PosixSignal.SIGINT] = 130,
        [PosixSignal.SIGTERM] = 143,
    };

    private static readonly CancellationTokenSource s_source = new();
    private static readonly List<PosixSignalRegistration> s_registrations = [];

    /// <summary>Cancelled once a signal has come.</summary>
    public static CancellationToken Token => s_source.Token;

    /// <summary>The exit status of a command that did not come to its end because of the signal that came: 130 for SIGINT, 143 for
    /// SIGTERM, 129 for SIGHUP.</summary>
    public static int Status { get; private set; } = s_statuses[PosixSignal.SIGINT];

    /// <summary>The first of <paramref name="items"/>, and the others as long as no signal has come: what there is to do, one after the
    /// other.</summary>
    public static IEnumerable<T> Until<T>(IEnumerable<T> items) =>
        items.TakeWhile(static (_, index) => index == 0 || !s_source.IsCancellationRequested);

    /// <summary>Begins to listen.</summary>
    public static void Install()
    {
        foreach (PosixSignal signal in s_statuses.Keys)
        {
            s_registrations.Add(PosixSignalRegistration.Create(signal, static context =>
            {
                if (!s_source.IsCancellationRequested)
                {
                    context.Cancel = true;
                    Status = s_statuses[context.Signal];
                    s_source.Cancel();
                }
            }));
        }
    }
}
