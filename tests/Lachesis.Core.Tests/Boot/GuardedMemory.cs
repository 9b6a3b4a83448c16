using System;
using System.Runtime.InteropServices;

namespace Lachesis.Core.Tests.Boot;

/// <summary>
/// A copy of some bytes with an unmapped page directly behind the last one (or directly before the first): a reader that
/// strays does not get away with it but ends the test process.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int PageSize = 4096;
    private const int ReadWrite = 3;
    private const int NoAccess = 0;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _mapping;
    private readonly nuint _mappingBytes;

    /// <summary>Copies <paramref name="content"/>. With <paramref name="pageAligned"/> it starts on a page, and what lies
    /// between its end and the guard is filled with <paramref name="poison"/>.</summary>
    public GuardedMemory(ReadOnlySpan<byte> content, bool pageAligned = false, byte poison = 0xAA)
    {
        int inner = (content.Length + PageSize - 1) / PageSize * PageSize;
        _mappingBytes = (nuint)(inner + (2 * PageSize));
        _mapping = MapMemory(null, _mappingBytes, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)_mapping == -1)
        {
            throw new OutOfMemoryException("mmap");
        }

        new Span<byte>(_mapping, (int)_mappingBytes).Fill(poison);
        Start = _mapping + PageSize + (pageAligned ? 0 : inner - content.Length);
        Length = (ulong)content.Length;
        content.CopyTo(new Span<byte>(Start, content.Length));
        if (ProtectMemory(_mapping, PageSize, NoAccess) != 0
            || ProtectMemory(_mapping + PageSize + inner, PageSize, NoAccess) != 0)
        {
            throw new InvalidOperationException("mprotect");
        }
    }

    public byte* Start { get; }

    public ulong Length { get; }

    public void Dispose() => UnmapMemory(_mapping, _mappingBytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* MapMemory(void* address, nuint bytes, int access, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int ProtectMemory(void* address, nuint bytes, int access);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapMemory(void* address, nuint bytes);
}
