using System.Runtime.InteropServices;
using Lachesis.Abi;

namespace Lachesis.Arch.X64;

/// <summary>The CPUs that the firmware lists: numbers of their local interrupt controllers.</summary>
internal unsafe struct CpuList
{
    internal uint Count;
    internal fixed uint ApicIds[Platform.MaxCpus];

    internal void Add(uint apicId)
    {
        if (Count < Platform.MaxCpus)
        {
            ApicIds[Count] = apicId;
            Count++;
        }
    }
}

/// <summary>Reads the ACPI tables for the two things needed of them: which CPUs there are (MADT), and where the timer of fixed
/// rate is (FADT).</summary>
internal static unsafe class Acpi
{
    private const uint MadtSignature = 0x4349_5041; // "APIC"
    private const uint FadtSignature = 0x5043_4146; // "FACP"
    private const int TimerBlockAt = 76;
    private const int TableHeaderBytes = 36;
    private const int MadtEntriesAt = 44;
    private const byte LocalApicEntry = 0;
    private const byte LocalX2ApicEntry = 9;
    private const uint EnabledFlag = 1;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Rsdp
    {
        internal ulong Signature;
        internal byte Checksum;
        internal fixed byte Oem[6];
        internal byte Revision;
        internal uint Rsdt;
        internal uint Length;
        internal ulong Xsdt;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct TableHeader
    {
        internal uint Signature;
        internal uint Length;
    }

    /// <summary>The CPUs that the tables list as enabled, in their order; empty if there is no MADT.</summary>
    internal static CpuList ListCpus(ulong rsdpAddress)
    {
        CpuList list = default;
        TableHeader* madt = Find(rsdpAddress, MadtSignature);
        if (madt != null)
        {
            ReadMadt((byte*)madt, madt->Length, &list);
        }

        return list;
    }

    /// <summary>I/O port of the power management timer, or 0 if the tables name none.</summary>
    internal static uint TimerPort(ulong rsdpAddress)
    {
        TableHeader* fadt = Find(rsdpAddress, FadtSignature);
        return fadt == null || fadt->Length < TimerBlockAt + sizeof(uint) ? 0 : *(uint*)((byte*)fadt + TimerBlockAt);
    }

    private static TableHeader* Find(ulong rsdpAddress, uint signature)
    {
        Rsdp* rsdp = (Rsdp*)Layout.Virtual(rsdpAddress);
        bool extended = rsdp->Revision >= 2 && rsdp->Xsdt != 0;
        TableHeader* root = (TableHeader*)Layout.Virtual(extended ? rsdp->Xsdt : rsdp->Rsdt);
        uint pointerBytes = extended ? 8u : 4u;
        byte* pointers = (byte*)root + TableHeaderBytes;
        for (uint at = 0; at + pointerBytes <= root->Length - TableHeaderBytes; at += pointerBytes)
        {
            ulong address = extended ? *(ulong*)(pointers + at) : *(uint*)(pointers + at);
            TableHeader* table = (TableHeader*)Layout.Virtual(address);
            if (table->Signature == signature)
            {
                return table;
            }
        }

        return null;
    }

    private static void ReadMadt(byte* madt, uint length, CpuList* list)
    {
        for (uint at = MadtEntriesAt; at + 2 <= length && madt[at + 1] >= 2; at += madt[at + 1])
        {
            byte* entry = madt + at;
            if (entry[0] == LocalApicEntry && (*(uint*)(entry + 4) & EnabledFlag) != 0)
            {
                list->Add(entry[3]);
            }
            else if (entry[0] == LocalX2ApicEntry && (*(uint*)(entry + 8) & EnabledFlag) != 0)
            {
                list->Add(*(uint*)(entry + 4));
            }
        }
    }
}
