using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>A request to spawn a child of this program, in memory that is written over meanwhile.</summary>
internal static unsafe class SpawnTemplate
{
    private const int ArgumentOffset = 256;
    private const int CapabilitiesOffset = 512;
    private const uint MaxCapabilities = 3;
    private const int Words = (CapabilitiesOffset / sizeof(ulong)) + (int)MaxCapabilities * 2;

    /// <summary>Puts it at an address in scratch memory, with up to three capabilities. Word by word: of one that is written in
    /// part, the rest of an all-ones word that a call put there makes an address of the kernel's.</summary>
    internal static void Put(ulong* place, Worker* worker, ref Random random)
    {
        ulong* words = stackalloc ulong[Words];
        for (int i = 0; i < Words; i++)
        {
            words[i] = 0;
        }

        Fill((byte*)words, (ulong)place, worker, ref random);
        for (int i = 0; i < Words; i++)
        {
            place[i] = words[i];
        }
    }

    private static void Fill(byte* words, ulong place, Worker* worker, ref Random random)
    {
        SpawnRequest* request = (SpawnRequest*)words;
        string program = "fuzz";
        for (int i = 0; i < program.Length; i++)
        {
            request->Program[i] = (byte)program[i];
        }

        Text argument = default;
        argument.Add("role=");
        argument.Add(Worker.ChildRole);
        argument.Add(" life=");
        argument.Add((long)(worker->Pattern >> 8 & 0xFF_FFFF));
        argument.Add(" seed=");
        argument.Add((long)(random.Next() >> 2));
        argument.CopyTo(words + ArgumentOffset);
        request->ArgumentAddress = place + ArgumentOffset;
        request->ArgumentLength = (uint)argument.Length;
        request->CapabilitiesAddress = place + CapabilitiesOffset;
        request->CapabilityCount = (uint)random.Below(MaxCapabilities + 1);
        request->CpuMask = Program.Start->CpuMask;
        SpawnCapability* capabilities = (SpawnCapability*)(words + CapabilitiesOffset);
        for (uint i = 0; i < request->CapabilityCount; i++)
        {
            // It lies in memory that is searched for addresses of the kernel's.
            ulong handle = worker->Handles.Pick((ObjectKind)random.Below((ulong)ObjectKind.Count), ref random);
            capabilities[i].Handle = handle & (UserLayout.Limit - 1);
            capabilities[i].Rights = random.Below(2) == 0 ? Rights.Same : (Rights)random.Below(16);
            capabilities[i].Index = BootHandle.Log + i + (uint)random.Below(8);
        }
    }
}
