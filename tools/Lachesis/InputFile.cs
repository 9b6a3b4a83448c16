using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Lachesis.Tools;

/// <summary>
/// Files that a user names, which may be anything: a folder, a pipe that nobody writes to, a device without an end, a file larger
/// than memory. Only regular files of a sensible size are read.
/// </summary>
internal static unsafe partial class InputFile
{
    /// <summary>The most bytes of a text that people write.</summary>
    public const long MaxText = 16L << 20;

    /// <summary>The most bytes of an image, a ramdisk or a report.</summary>
    public const long MaxBinary = 1L << 30;

    // Of Linux's statx: how the answer is laid out, the same on every architecture.
    private const int StatusBytes = 256;
    private const int ModeOffset = 28;
    private const int SizeOffset = 40;
    private const int CurrentFolder = -100;
    private const uint BasicStatus = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int Folder = 0x4000;
    private const int Regular = 0x8000;

    /// <summary>Reads it.</summary>
    /// <exception cref="IOException">It does not exist, is no regular file, is too large, or cannot be read; the message does not
    /// name it.</exception>
    public static byte[] Read(string path, long most)
    {
        Check(path, most);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException("permission denied");
        }
    }

    /// <summary>Reads what the user named; an error is bad usage and names the file.</summary>
    public static byte[] ReadGiven(string path, long most)
    {
        try
        {
            return Read(path, most);
        }
        catch (IOException problem)
        {
            throw new ToolException($"{path}: {problem.Message}", ToolException.BadUsage);
        }
    }

    /// <summary>Reads its first bytes, or all if there are fewer.</summary>
    /// <exception cref="IOException">As for <see cref="Read"/>.</exception>
    public static byte[] ReadStart(string path, int bytes)
    {
        Check(path, long.MaxValue);
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] start = new byte[bytes];
            int read = file.ReadAtLeast(start, bytes, throwOnEndOfStream: false);
            return start[..read];
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException("permission denied");
        }
    }

    private static void Check(string path, long most)
    {
        byte* status = stackalloc byte[StatusBytes];
        if (path.Contains('\0') || Statx(CurrentFolder, path, 0, BasicStatus, status) != 0)
        {
            const int denied = 13;
            throw new IOException(Marshal.GetLastPInvokeError() == denied ? "permission denied" : "does not exist");
        }

        int type = *(ushort*)(status + ModeOffset) & TypeMask;
        if (type != Regular)
        {
            throw new IOException(type == Folder ? "is a folder, not a file" : "is not a regular file");
        }

        ulong size = *(ulong*)(status + SizeOffset);
        if (size > (ulong)most)
        {
            throw new IOException($"is too large: {size} bytes, of which at most {most} are read");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* status);
}
