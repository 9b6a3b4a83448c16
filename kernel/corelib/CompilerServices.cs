// Attributes and helpers that Roslyn emits or reads.
namespace System.Runtime.CompilerServices
{
    public static class RuntimeFeature
    {
        public const string DefaultImplementationsOfInterfaces = nameof(DefaultImplementationsOfInterfaces);
        public const string VirtualStaticsInInterfaces = nameof(VirtualStaticsInInterfaces);
        public const string UnmanagedSignatureCallingConvention = nameof(UnmanagedSignatureCallingConvention);
        public const string ByRefFields = nameof(ByRefFields);
        public const string NumericIntPtr = nameof(NumericIntPtr);
    }

    public static class IsVolatile;

    public static class IsConst;

    public sealed class IntrinsicAttribute : Attribute;

    public sealed class FixedBufferAttribute : Attribute
    {
        public FixedBufferAttribute(Type elementType, int length)
        {
        }
    }

    public sealed class UnsafeValueTypeAttribute : Attribute;

    public sealed class CompilationRelaxationsAttribute : Attribute
    {
        public CompilationRelaxationsAttribute(int relaxations)
        {
        }
    }

    public sealed class RuntimeCompatibilityAttribute : Attribute
    {
        public bool WrapNonExceptionThrows { get; set; }
    }

    public sealed class SkipLocalsInitAttribute : Attribute;

    public sealed class CompilerGeneratedAttribute : Attribute;

    public sealed class ExtensionAttribute : Attribute;

    public enum MethodImplOptions
    {
        NoInlining = 0x0008,
        AggressiveInlining = 0x0100,
        AggressiveOptimization = 0x0200,
        NoOptimization = 0x0040,
        InternalCall = 0x1000,
    }

    public sealed class MethodImplAttribute : Attribute
    {
        public MethodImplAttribute(MethodImplOptions options)
        {
        }
    }

    public static unsafe class Unsafe
    {
        [Intrinsic]
        public static extern ref TTo As<TFrom, TTo>(ref TFrom source);

        [Intrinsic]
        public static extern void* AsPointer<T>(ref T value);

        [Intrinsic]
        public static extern int SizeOf<T>();
    }
}

namespace System.Runtime.InteropServices
{
    using System.Runtime.CompilerServices;

    public enum LayoutKind
    {
        Sequential = 0,
        Explicit = 2,
        Auto = 3,
    }

    public enum CharSet
    {
        None = 1,
        Ansi = 2,
    }

    public sealed class StructLayoutAttribute : Attribute
    {
        public int Pack;
        public int Size;
        public CharSet CharSet;

        public StructLayoutAttribute(LayoutKind kind)
        {
        }
    }

    public sealed class FieldOffsetAttribute : Attribute
    {
        public FieldOffsetAttribute(int offset)
        {
        }
    }

    public sealed class InAttribute : Attribute;

    public sealed class OutAttribute : Attribute;

    public static class UnmanagedType;

    // ilc looks this type up for every cast to an interface; nothing here implements it.
    public interface IDynamicInterfaceCastable
    {
        internal static IntPtr GetDynamicInterfaceImplementation(object instance, IntPtr interfaceType, ushort slot) => default;
    }
}

namespace System.Reflection
{
    public sealed class DefaultMemberAttribute : Attribute
    {
        public DefaultMemberAttribute(string name)
        {
        }
    }
}

namespace System.Runtime
{
    public sealed class RuntimeExportAttribute : Attribute
    {
        public RuntimeExportAttribute(string entry)
        {
        }
    }

    public sealed class RuntimeImportAttribute : Attribute
    {
        public RuntimeImportAttribute(string library, string entry)
        {
        }
    }
}

namespace System.Diagnostics
{
    [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    public sealed class ConditionalAttribute : Attribute
    {
        public ConditionalAttribute(string condition)
        {
        }
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    public sealed class UnscopedRefAttribute : Attribute;
}

namespace System.Runtime.Intrinsics.X86
{
    using System.Runtime.CompilerServices;

    // The instructions that every x86-64 has. As in Interlocked, the call within each is the instruction.
    public abstract class X86Base
    {
        public abstract class X64
        {
            [Intrinsic]
            public static ulong BitScanForward(ulong value) => BitScanForward(value);

            [Intrinsic]
            public static ulong BitScanReverse(ulong value) => BitScanReverse(value);
        }
    }

    // Every x86-64 since 2008 has it (x86-64-v2), and the compiler assumes that.
    public abstract class Popcnt
    {
        [Intrinsic]
        public static uint PopCount(uint value) => PopCount(value);
    }
}

namespace System.Numerics
{
    using System.Runtime.Intrinsics.X86;

    public static class BitOperations
    {
        // Of a value that is not 0.
        public static int Log2(ulong value) => (int)X86Base.X64.BitScanReverse(value);

        // Of a value that is not 0.
        public static int TrailingZeroCount(ulong value) => (int)X86Base.X64.BitScanForward(value);

        public static int PopCount(uint value) => (int)Popcnt.PopCount(value);
    }
}

namespace System.Threading
{
    using System.Runtime.CompilerServices;

    // The compiler turns a call of each of these into the instruction itself; without optimisation only the call within it, so that
    // the method is the instruction and a return.
    public static class Interlocked
    {
        [Intrinsic]
        public static long CompareExchange(ref long location, long value, long comparand) =>
            CompareExchange(ref location, value, comparand);

        [Intrinsic]
        public static long Exchange(ref long location, long value) => Exchange(ref location, value);

        [Intrinsic]
        public static long ExchangeAdd(ref long location, long value) => ExchangeAdd(ref location, value);

        [Intrinsic]
        public static void MemoryBarrier() => MemoryBarrier();

        public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand) =>
            (ulong)CompareExchange(ref Unsafe.As<ulong, long>(ref location), (long)value, (long)comparand);

        public static ulong Exchange(ref ulong location, ulong value) =>
            (ulong)Exchange(ref Unsafe.As<ulong, long>(ref location), (long)value);

        public static ulong ExchangeAdd(ref ulong location, ulong value) =>
            (ulong)ExchangeAdd(ref Unsafe.As<ulong, long>(ref location), (long)value);
    }

    public static class Volatile
    {
        private struct VolatileUInt64
        {
            internal volatile nuint Value;
        }

        private struct VolatileUInt32
        {
            internal volatile uint Value;
        }

        public static ulong Read(ref ulong location) => Unsafe.As<ulong, VolatileUInt64>(ref location).Value;

        public static uint Read(ref uint location) => Unsafe.As<uint, VolatileUInt32>(ref location).Value;

        public static void Write(ref ulong location, ulong value) =>
            Unsafe.As<ulong, VolatileUInt64>(ref location).Value = (nuint)value;

        public static void Write(ref uint location, uint value) =>
            Unsafe.As<uint, VolatileUInt32>(ref location).Value = value;
    }
}
