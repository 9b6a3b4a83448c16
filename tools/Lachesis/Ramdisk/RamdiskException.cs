using System;

namespace Lachesis.Tools.Ramdisk;

/// <summary>A ramdisk that the kernel would refuse. The message is one line.</summary>
public sealed class RamdiskException(string message) : Exception(message);
