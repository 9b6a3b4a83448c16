namespace Lachesis.Core.Output;

/// <summary>A line of ASCII text, put together without allocation; what does not fit is cut off.</summary>
public unsafe struct LineBuffer
{
    /// <summary>The longest line, in bytes.</summary>
    public const int Capacity = 240;

    /// <summary>The bytes so far.</summary>
    public fixed byte Bytes[Capacity];

    /// <summary>How many.</summary>
    public ulong Length;

    /// <summary>Adds a literal.</summary>
    public void Text(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            Byte((byte)text[i]);
        }
    }

    /// <summary>Adds a number in decimal.</summary>
    public void Decimal(ulong value)
    {
        byte* digits = stackalloc byte[20];
        int count = 0;
        do
        {
            digits[count++] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);

        while (count > 0)
        {
            Byte(digits[--count]);
        }
    }

    /// <summary>Adds a number in hexadecimal, with 0x.</summary>
    public void Hex(ulong value)
    {
        Text("0x");
        int shift = 60;
        while (shift > 0 && value >> shift == 0)
        {
            shift -= 4;
        }

        for (; shift >= 0; shift -= 4)
        {
            int digit = (int)(value >> shift) & 15;
            Byte((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    private void Byte(byte value)
    {
        if (Length < Capacity)
        {
            Bytes[Length] = value;
            Length++;
        }
    }
}
