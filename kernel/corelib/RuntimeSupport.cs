// What ilc's scanner insists on finding by name, whether or not anything calls it. What traps is not reachable from this
// repository's code: the image gates show that; and the trap says where.
namespace System
{
    using System.Runtime;
    using System.Runtime.CompilerServices;

    internal static class Trap
    {
        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("*", "stub_trap")]
        internal static extern void Now();
    }

    internal static unsafe class Buffer
    {
        internal static void MemoryCopy(void* source, void* destination, long destinationBytes, long bytes) =>
            SpanHelpers.Memmove(ref *(byte*)destination, ref *(byte*)source, (nuint)bytes);

        private static void BulkMoveWithWriteBarrier(ref byte destination, ref byte source, nuint count) => Trap.Now();
    }

    // The JIT calls these three for large struct copies and clears.
    internal static unsafe class SpanHelpers
    {
        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("*", "memmove")]
        private static extern void* MoveBytes(void* destination, void* source, nuint count);

        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("*", "memset")]
        private static extern void* SetBytes(void* destination, int value, nuint count);

        public static void Memmove(ref byte destination, ref byte source, nuint count)
        {
            MoveBytes(Unsafe.AsPointer(ref destination), Unsafe.AsPointer(ref source), count);
        }

        public static void Fill(ref byte destination, byte value, nuint count)
        {
            SetBytes(Unsafe.AsPointer(ref destination), value, count);
        }

        public static void ClearWithoutReferences(ref byte destination, nuint count)
        {
            SetBytes(Unsafe.AsPointer(ref destination), 0, count);
        }
    }
}

namespace System.Runtime
{
    internal static class TypeCast
    {
        private static object? CheckCastAny() => Fail();

        private static object? CheckCastInterface() => Fail();

        private static object? CheckCastClass() => Fail();

        private static object? CheckCastClassSpecial() => Fail();

        private static object? IsInstanceOfAny() => Fail();

        private static object? IsInstanceOfInterface() => Fail();

        private static object? IsInstanceOfClass() => Fail();

        private static object? IsInstanceOfException() => Fail();

        private static object? Fail()
        {
            Trap.Now();
            return null;
        }
    }
}

namespace Internal.Runtime.CompilerHelpers
{
    using System;

    internal static class ThrowHelpers
    {
        private static void ThrowOverflowException() => Trap.Now();

        private static void ThrowIndexOutOfRangeException() => Trap.Now();

        private static void ThrowNullReferenceException() => Trap.Now();

        private static void ThrowDivideByZeroException() => Trap.Now();

        private static void ThrowArrayTypeMismatchException() => Trap.Now();

        private static void ThrowPlatformNotSupportedException() => Trap.Now();

        private static void ThrowNotImplementedException() => Trap.Now();

        private static void ThrowNotSupportedException() => Trap.Now();

        private static void ThrowBadImageFormatException() => Trap.Now();

        private static void ThrowTypeLoadException() => Trap.Now();

        private static void ThrowTypeLoadExceptionWithArgument() => Trap.Now();

        private static void ThrowMissingMethodException() => Trap.Now();

        private static void ThrowMissingFieldException() => Trap.Now();

        private static void ThrowFileNotFoundException() => Trap.Now();

        private static void ThrowInvalidProgramException() => Trap.Now();

        private static void ThrowInvalidProgramExceptionWithArgument() => Trap.Now();

        private static void ThrowMarshalDirectiveException() => Trap.Now();

        private static void ThrowAmbiguousMatchException() => Trap.Now();

        private static void ThrowArgumentException() => Trap.Now();

        private static void ThrowArgumentOutOfRangeException() => Trap.Now();

        private static void ThrowFeatureBodyRemoved() => Trap.Now();
    }
}
