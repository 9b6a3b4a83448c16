using System;

namespace Lachesis.Tools.Ramdisk;

/// <summary>One file of a <see cref="RamdiskImage"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Where it starts in the ramdisk.</param>
/// <param name="Content">Its bytes.</param>
public sealed record RamdiskImageFile(string Name, ulong Offset, ReadOnlyMemory<byte> Content);
