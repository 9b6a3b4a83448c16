using System;
using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;

namespace Lachesis.Core.Tests.Boot;

/// <summary>One hostile change to an image: a field of 1, 4 or 8 bytes overwritten, most often near the start.</summary>
internal readonly record struct Mutation(int Position, int Width, ulong Value)
{
    private static readonly ulong[] s_interesting =
    [
        0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0xFFF, 0x1000, 0x1001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x40_0000,
        0x4000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_F000, ulong.MaxValue,
    ];

    /// <summary>Any number of mutations, and how many bytes to leave of the image (of 10,000 parts).</summary>
    public static Arbitrary<(Mutation[] Changes, int Kept)> Any(int headerBytes)
    {
        Gen<int> position = Gen.Frequency(
            (6, Gen.Choose(0, headerBytes - 1)), (1, Gen.Choose(0, 1 << 20)));
        Gen<ulong> value = Gen.Frequency(
            (3, Gen.Elements(s_interesting)),
            (1, Gen.Choose(0, int.MaxValue).Select(number => (ulong)number)),
            (1, Gen.Choose(-64, 64).Select(number => 0x40_0000UL + (ulong)(long)number)));
        Gen<Mutation> one =
            from at in position
            from width in Gen.Elements(1, 4, 8)
            from what in value
            select new Mutation(at, width, what);
        Gen<int> kept = Gen.Frequency((3, Gen.Constant(10_000)), (1, Gen.Choose(0, 10_000)));
        return (from changes in one.ArrayOf()
                from part in kept
                select (changes, part)).ToArbitrary();
    }

    /// <summary>Applies them all to a copy.</summary>
    public static byte[] Apply(byte[] image, Mutation[] changes, int kept)
    {
        byte[] copy = image.AsSpan(0, (int)((long)image.Length * kept / 10_000)).ToArray();
        Span<byte> field = stackalloc byte[8];
        foreach (Mutation change in changes)
        {
            if (copy.Length == 0)
            {
                break;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(field, change.Value);
            Span<byte> target = copy.AsSpan(change.Position % copy.Length);
            int width = Math.Min(change.Width, target.Length);
            field[..width].CopyTo(target);
        }

        return copy;
    }
}
