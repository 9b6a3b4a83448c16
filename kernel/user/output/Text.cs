namespace Lachesis.User;

/// <summary>ASCII text in a buffer of fixed size; what does not fit is cut off.</summary>
public unsafe struct Text
{
    private const int Capacity = 440;

    private fixed byte _bytes[Capacity];
    private int _length;

    /// <summary>Bytes so far.</summary>
    public readonly int Length => _length;

    /// <summary>Starts over.</summary>
    public void Clear() => _length = 0;

    /// <summary>Adds a literal.</summary>
    public void Add(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            AddByte((byte)text[i]);
        }
    }

    /// <summary>Adds a number in decimal.</summary>
    public void Add(long value)
    {
        if (value < 0)
        {
            AddByte((byte)'-');
        }

        ulong rest = value < 0 ? 0 - (ulong)value : (ulong)value;
        byte* digits = stackalloc byte[20];
        int count = 0;
        do
        {
            digits[count++] = (byte)('0' + (rest % 10));
            rest /= 10;
        }
        while (rest != 0);

        while (count > 0)
        {
            AddByte(digits[--count]);
        }
    }

    /// <summary>Adds one byte.</summary>
    public void AddByte(byte value)
    {
        if (_length < Capacity)
        {
            _bytes[_length++] = value;
        }
    }

    /// <summary>Copies the bytes to <paramref name="target"/>, which has room for them.</summary>
    public readonly void CopyTo(byte* target)
    {
        for (int i = 0; i < _length; i++)
        {
            target[i] = _bytes[i];
        }
    }
}
