// The types that C# itself and ilc know by name. Their contents are what the compiler expects and nothing more.
namespace System;

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

public class Object
{
    // ilc lays out every object behind this pointer and reads it by this name.
    private IntPtr m_pEEType;

    public Object()
    {
    }

    public virtual bool Equals(object? other) => false;

    public virtual int GetHashCode() => 0;
}

public abstract class ValueType;

public abstract class Enum : ValueType;

public struct Void;

public struct Boolean;

public struct Char;

public struct SByte;

public struct Byte;

public struct Int16;

public struct UInt16
{
    public const ushort MaxValue = 0xFFFF;
}

public struct Int32
{
    public const int MaxValue = 0x7FFF_FFFF;
}

public struct UInt32
{
    public const uint MaxValue = 0xFFFF_FFFF;
}

public struct Int64
{
    public const long MaxValue = 0x7FFF_FFFF_FFFF_FFFF;
    public const long MinValue = -MaxValue - 1;
}

public struct UInt64
{
    public const ulong MaxValue = 0xFFFF_FFFF_FFFF_FFFF;
}

public struct IntPtr;

public struct UIntPtr;

public struct Single;

public struct Double;

public abstract class Delegate;

public abstract class MulticastDelegate : Delegate;

public abstract class Array
{
    public int Length;
}

// ilc asks for it when it forms the type of an array; the kernel makes none.
public class Array<T> : Array;

public sealed class String
{
    // Preinitialised literals only; the names are part of ilc's contract.
    private readonly int _stringLength;
    private readonly char _firstChar;

    public int Length => _stringLength;

    // Literals lie in read-only data and never move.
    public unsafe char this[int index]
    {
        get
        {
            fixed (char* first = &_firstChar)
            {
                return first[index];
            }
        }
    }
}

public struct RuntimeTypeHandle
{
    private IntPtr _value;
}

public struct RuntimeMethodHandle
{
    private IntPtr _value;
}

public struct RuntimeFieldHandle
{
    private IntPtr _value;
}

public class Type;

public class Exception;

public struct Nullable<T>
    where T : struct
{
    private readonly bool _hasValue;
    private readonly T _value;

    public Nullable(T value)
    {
        _value = value;
        _hasValue = true;
    }

    public readonly bool HasValue => _hasValue;

    public readonly T GetValueOrDefault() => _value;
}

public abstract class Attribute;

public enum AttributeTargets
{
    All = 0x7FFF,
    Enum = 0x10,
    Method = 0x40,
    Field = 0x100,
}

public sealed class AttributeUsageAttribute : Attribute
{
    public AttributeUsageAttribute(AttributeTargets validOn)
    {
    }

    public bool AllowMultiple { get; set; }

    public bool Inherited { get; set; }
}

public sealed class FlagsAttribute : Attribute;

public sealed class ParamArrayAttribute : Attribute;
