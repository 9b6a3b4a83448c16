using System;

namespace Lachesis.Core.Machine;

/// <summary>
/// Marks a field that a CPU accesses while another may write it: every access goes through <see cref="IMachine"/>, by the field's
/// address, so that the hunter of races can let other CPUs come in there. A hosted test (<c>SharedFieldTests</c>) holds the code to it.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class SharedAttribute : Attribute
{
    /// <summary>Types, with commas between, whose code accesses it plainly as well: nobody else has the field yet, or it is the
    /// owner's or under the lock of all writers there.</summary>
    public string PlainIn { get; set; } = "";

    /// <summary>Whether only the CPU that it belongs to writes it, so that this one, named <c>cpu</c>, reads it plainly.</summary>
    public bool WrittenByOwnCpu { get; set; }
}
