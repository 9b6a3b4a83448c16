using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Lines for people.</summary>
public static unsafe class Log
{
    /// <summary>Writes a line.</summary>
    public static void Line(in Text text)
    {
        byte* bytes = stackalloc byte[(int)CallLimits.MaxLogBytes];
        text.CopyTo(bytes);
        bytes[text.Length] = (byte)'\n';
        Sys.Call(SystemCall.LogWrite, BootHandle.Log, (ulong)bytes, (ulong)text.Length + 1);
    }

    /// <summary>Writes a literal as a line.</summary>
    public static void Line(string text)
    {
        Text line = default;
        line.Add(text);
        Line(in line);
    }
}
