using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Output;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Objects;

/// <summary>The kinds of objects by name. Code that acts on an object by its kind names every kind and panics on the rest: a kind
/// that was forgotten is found the first time that it is met, and is never taken for another.</summary>
public static unsafe class ObjectKinds
{
    /// <summary>The kind's name, as in <see cref="ObjectKind"/>; "unknown" for a value that is no kind.</summary>
    public static string NameOf(ObjectKind kind) => kind switch
    {
        ObjectKind.None => "None",
        ObjectKind.Thread => "Thread",
        ObjectKind.Process => "Process",
        ObjectKind.Log => "Log",
        ObjectKind.Report => "Report",
        ObjectKind.Programs => "Programs",
        ObjectKind.Machine => "Machine",
        ObjectKind.Policy => "Policy",
        ObjectKind.Endpoint => "Endpoint",
        ObjectKind.Notification => "Notification",
        ObjectKind.Reply => "Reply",
        ObjectKind.Timer => "Timer",
        ObjectKind.Ring => "Ring",
        ObjectKind.Session => "Session",
        _ => "unknown",
    };

    /// <summary>Whether capabilities of this kind name something that there is once and that never ends.</summary>
    public static bool IsPermanent(ObjectKind kind) =>
        kind is ObjectKind.Log or ObjectKind.Report or ObjectKind.Programs or ObjectKind.Machine or ObjectKind.Policy;

    /// <summary>Panics over an object of a kind that the caller does not know, after a line in the log that names the kind; never
    /// returns. The caller may hold locks of any rank below <see cref="LockRank.Output"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void PanicUnknown<TMachine>(Cpu* cpu, ObjectKind kind, string message)
        where TMachine : struct, IMachine
    {
        LineBuffer line = default;
        line.Text("object kind ");
        line.Decimal((ulong)kind);
        line.Text(", ");
        line.Text(NameOf(kind));
        line.Text(": ");
        line.Text(message);
        line.Text("\n");
        Output<TMachine>.Log(cpu, line.Bytes, line.Length);
        TMachine.Panic(cpu, message);
    }
}
