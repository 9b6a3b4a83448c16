using System;

namespace Lachesis.Tools.Elf;

/// <summary>A file that is not an ELF64 file, or a damaged one. The message is one line that begins with the file's
/// name.</summary>
public sealed class ElfException(string message) : Exception(message);
