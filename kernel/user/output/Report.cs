using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Telling the host, on the report channel, what was checked and measured.</summary>
public static unsafe class Report
{
    /// <summary>The most bytes of a stream that one record holds.</summary>
    public const int MaxStreamBytes = ReportHeader.MaxPayload - sizeof(long);

    private struct Record
    {
        internal long Value;
        internal fixed byte Text[ReportHeader.MaxPayload - sizeof(long)];
    }

    /// <summary>A check: what had to hold, and whether it did. Gives <paramref name="held"/> back.</summary>
    public static bool Check(bool held, string what)
    {
        Write(ReportKind.Check, held ? 1 : 0, what);
        if (!held)
        {
            Failures.Count++;
        }

        return held;
    }

    /// <summary>How many checks of this process failed so far.</summary>
    public static int FailedChecks => Failures.Count;

    /// <summary>A figure of the open case, or of the run.</summary>
    public static void Metric(string name, long value) => Write(ReportKind.Metric, value, name);

    /// <summary>A figure whose name is put together.</summary>
    public static void Metric(in Text name, long value) => Write(ReportKind.Metric, value, in name);

    /// <summary>Opens a case: run number <paramref name="run"/> of it.</summary>
    public static void CaseBegin(long run) => Write(ReportKind.CaseBegin, run, "");

    /// <summary>A parameter of the open case.</summary>
    public static void Parameter(string name, long value) => Write(ReportKind.CaseParameter, value, name);

    /// <summary>Closes the case.</summary>
    public static void CaseEnd(bool verified) => Write(ReportKind.CaseEnd, verified ? 1 : 0, "");

    /// <summary>Writes bytes of a stream, at most <see cref="MaxStreamBytes"/> at a time.</summary>
    public static void Stream(long stream, byte* bytes, int count)
    {
        Record record;
        record.Value = stream;
        for (int i = 0; i < count; i++)
        {
            record.Text[i] = bytes[i];
        }

        Sys.Call(
            SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Stream, (ulong)&record, (ulong)(sizeof(long) + count));
    }

    /// <summary>Gives the verdict — fail if any check failed or <paramref name="passed"/> is false — and ends the
    /// machine.</summary>
    public static void Finish(bool passed, string reason)
    {
        Text text = default;
        text.Add(reason);
        Finish(passed, in text);
    }

    /// <summary><see cref="Finish(bool, string)"/> with a reason that is put together.</summary>
    public static void Finish(bool passed, in Text reason)
    {
        bool good = passed && Failures.Count == 0;
        if (good || !passed)
        {
            Write(ReportKind.Verdict, good ? 0 : 1, in reason);
        }
        else
        {
            Write(ReportKind.Verdict, 1, "a check failed");
        }

        Sys.MachineExit(good ? 0ul : 1);
    }

    /// <summary>Writes one record with a literal.</summary>
    public static void Write(ReportKind kind, long value, string text)
    {
        Text buffer = default;
        buffer.Add(text);
        Write(kind, value, in buffer);
    }

    private static void Write(ReportKind kind, long value, in Text text)
    {
        Record record;
        record.Value = value;
        text.CopyTo(record.Text);
        ulong bytes = (ulong)(sizeof(long) + text.Length);
        Sys.Call(SystemCall.ReportWrite, BootHandle.Report, (ulong)kind, (ulong)&record, bytes);
    }

    /// <summary>Checks that failed so far.</summary>
    private static class Failures
    {
        internal static int Count;
    }
}
