namespace Lachesis.Benchmarks.Queues;

/// <summary>Memory that is taken from front to back and never given back piece by piece.</summary>
/// <param name="start">Its first byte, aligned to <see cref="Alignment"/>.</param>
/// <param name="bytes">How much there is.</param>
public unsafe struct Arena(byte* start, ulong bytes)
{
    /// <summary>What every piece is aligned to.</summary>
    public const ulong Alignment = 4096;

    private struct Line
    {
        internal fixed ulong Words[8];
    }

    private ulong _left = bytes;
    private byte* _next = start;

    /// <summary>What a piece of so many bytes takes away.</summary>
    public static ulong SizeOf(ulong bytes) => (bytes + Alignment - 1) & ~(Alignment - 1);

    /// <summary>The next piece, cleared; null if so much is not left.</summary>
    public void* Take(ulong bytes)
    {
        ulong size = SizeOf(bytes);
        if (size > _left)
        {
            return null;
        }

        byte* piece = _next;
        for (Line* line = (Line*)piece; line < (Line*)(piece + size); line++)
        {
            *line = default;
        }

        _next += size;
        _left -= size;
        return piece;
    }
}
