using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>No address that a program passes makes the kernel fault, read what is not the program's, or write what is
/// not.</summary>
internal static unsafe class AddressChecks
{
    private const int BadAddresses = 16;
    private const ulong Bytes = 64;

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        byte* page = Memory.Map(UserLayout.PageSize);
        ulong end = (ulong)page + UserLayout.PageSize;
        ulong* bad = stackalloc ulong[BadAddresses]
        {
            0, 4, UserLayout.PageSize, UserLayout.HeapLimit - UserLayout.PageSize, end, (ulong)page - Bytes,
            UserLayout.Limit - Bytes, UserLayout.Limit, 0x0000_9000_0000_0000, 0x8000_0000_0000_0000, 0xFFFF_7FFF_FFFF_FFF0,
            0xFFFF_8000_0000_0000, 0xFFFF_FFFF_8020_0000, 0xFFFF_FFFF_FFFF_F000,
            ulong.MaxValue - Bytes + 1, ulong.MaxValue - (Bytes / 2) + 1,
        };
        bool all = true;
        for (int i = 0; i < BadAddresses; i++)
        {
            all &= Refused(bad[i]);
        }

        Report.Check(all, "null, unmapped, non-canonical, kernel and wrapping addresses give BadAddress");
        Report.Check(
            Refused(end - 8) && Refused(end - Bytes + 4),
            "memory that begins mapped and runs into an unmapped page gives BadAddress");
        CheckWords(bad, (ulong)page);
        CheckEdge(page);
        CheckReadOnly();
        CheckThreadAddresses();
        Report.Check(before.WaitUntilObjectsRestored(), "calls with bad addresses make no object");
    }

    // Every call that reads or writes more than a word of the caller's memory.
    private static bool Refused(ulong address) =>
        CallChecks.Returns(Error.BadAddress, SystemCall.LogWrite, BootHandle.Log, address, Bytes)
        && CallChecks.Returns(
            Error.BadAddress, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Metric, address, Bytes)
        && CallChecks.Returns(Error.BadAddress, SystemCall.CountersRead, BootHandle.Machine, 0, address, Bytes / 8)
        && CallChecks.Returns(Error.BadAddress, SystemCall.ProcessSpawn, BootHandle.Spawn, address)
        && SpawnWithArgumentAt(address) == Error.BadAddress;

    private static Error SpawnWithArgumentAt(ulong address)
    {
        SpawnRequest request = default;
        request.Program[0] = (byte)'s';
        request.Program[1] = (byte)'m';
        request.Program[2] = (byte)'o';
        request.Program[3] = (byte)'k';
        request.Program[4] = (byte)'e';
        request.CpuMask = Program.Start->CpuMask;
        request.ArgumentAddress = address;
        request.ArgumentLength = (uint)Bytes;
        return Sys.ProcessSpawn(&request).Error;
    }

    private static void CheckWords(ulong* bad, ulong page)
    {
        bool all = true;
        for (int i = 0; i < BadAddresses; i++)
        {
            all &= CallChecks.Returns(Error.BadAddress, SystemCall.Park, bad[i], 0);
            if (bad[i] >= UserLayout.Limit)
            {
                all &= CallChecks.Returns(Error.BadAddress, SystemCall.Unpark, bad[i], 1);
            }
        }

        Report.Check(all, "parking at an address that cannot be read gives BadAddress");
        for (ulong offset = 1; offset < 4; offset++)
        {
            Error park = Sys.Park((uint*)(page + offset), 0);
            Error unpark = Sys.Call(SystemCall.Unpark, page + offset, 1).Error;
            all &= park is Error.BadArgument or Error.BadAddress && unpark is Error.BadArgument or Error.BadAddress;
        }

        Report.Check(all, "parking and unparking at an unaligned address is refused");
    }

    // The last bytes before an unmapped page are as good as any.
    private static void CheckEdge(byte* page)
    {
        ulong* last = (ulong*)(page + UserLayout.PageSize - Bytes);
        for (int i = 0; i < 8; i++)
        {
            last[i] = ulong.MaxValue;
        }

        bool read = Sys.CountersRead(0, last, Bytes / 8) == Error.None;
        for (int i = 0; i < 8; i++)
        {
            read &= last[i] != ulong.MaxValue;
        }

        uint* word = (uint*)(page + UserLayout.PageSize - 4);
        *word = 5;
        bool parked = Sys.Park(word, 4) == Error.ValueChanged;
        ulong behind = (ulong)page + UserLayout.PageSize;
        bool nothing = Sys.Call(SystemCall.LogWrite, BootHandle.Log, behind, 0).Error == Error.None;
        Report.Check(read && parked && nothing, "memory that ends where its page ends is accepted");
    }

    // Text and start page can be read by the kernel for the program, but not written.
    private static void CheckReadOnly()
    {
        ulong text = Stubs.ThreadStartAddress() & ~7ul;
        ulong before = Stubs.ReadAddress(text);
        bool refused = CallChecks.Returns(Error.BadAddress, SystemCall.CountersRead, BootHandle.Machine, 0, text, 8)
            && CallChecks.Returns(Error.BadAddress, SystemCall.CountersRead, BootHandle.Machine, 0, UserLayout.StartPage, 8);
        Report.Check(refused && Stubs.ReadAddress(text) == before, "the kernel does not write a program's read-only memory");
        Report.Check(
            Sys.Park((uint*)(text & ~3ul), (uint)before + 1) == Error.ValueChanged,
            "a word of read-only memory can be parked at");
    }

    private static void CheckThreadAddresses()
    {
        ulong entry = Stubs.ThreadStartAddress();
        ulong* beyond = stackalloc ulong[] { UserLayout.Limit, 0xFFFF_8000_0000_0000, ulong.MaxValue };
        bool all = true;
        for (int i = 0; i < 3; i++)
        {
            all &= CallChecks.Returns(Error.BadAddress, SystemCall.ThreadCreate, BootHandle.Process, beyond[i], 4096)
                && CallChecks.Returns(Error.BadAddress, SystemCall.ThreadCreate, BootHandle.Process, entry, beyond[i]);
        }

        Report.Check(all, "a thread cannot be made to start, or have its stack, outside of user space");
    }
}
