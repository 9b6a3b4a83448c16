using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace Lachesis.Tools.Commands;

/// <summary>Turns the signals that ask the tool to end into a cancellation, so that QEMU goes first.</summary>
public static class Interruption
{
    private static readonly CancellationTokenSource s_source = new();
    private static readonly List<PosixSignalRegistration> s_registrations = [];

    /// <summary>Cancelled once a signal has come.</summary>
    public static CancellationToken Token => s_source.Token;

    /// <summary>Begins to listen.</summary>
    public static void Install()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            s_registrations.Add(PosixSignalRegistration.Create(signal, static context =>
            {
                context.Cancel = true;
                s_source.Cancel();
            }));
        }
    }
}
