using System;

namespace Lachesis.Tools;

/// <summary>Something that the user can put right; the message is one line and the exit status is <see
/// cref="Status"/>.</summary>
public sealed class ToolException(string message, int status = ToolException.Failure) : Exception(message)
{
    /// <summary>Exit status of a failure.</summary>
    public const int Failure = 1;

    /// <summary>Exit status of bad usage.</summary>
    public const int BadUsage = 2;

    /// <summary>Exit status when the host lacks what was asked for.</summary>
    public const int Inconclusive = 3;

    /// <summary>The exit status that the tool ends with.</summary>
    public int Status { get; } = status;
}
