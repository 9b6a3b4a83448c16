using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>A request to spawn a child of this program, in memory that is written over meanwhile.</summary>
internal static unsafe class SpawnTemplate
{
    private const int ArgumentOffset = 256;
    private const int CapabilitiesOffset = 512;

    /// <summary>Puts it at an address in scratch memory, with up to three capabilities.</summary>
    internal static void Put(SpawnRequest* request, Worker* worker, ref Random random)
    {
        *request = default;
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
        argument.CopyTo((byte*)request + ArgumentOffset);
        request->ArgumentAddress = (ulong)request + ArgumentOffset;
        request->ArgumentLength = (uint)argument.Length;
        request->CapabilitiesAddress = (ulong)request + CapabilitiesOffset;
        request->CapabilityCount = (uint)random.Below(4);
        request->CpuMask = Program.Start->CpuMask;
        SpawnCapability* capabilities = (SpawnCapability*)((byte*)request + CapabilitiesOffset);
        for (uint i = 0; i < request->CapabilityCount; i++)
        {
            capabilities[i] = default;

            // It lies in memory that is searched for addresses of the kernel's.
            ulong handle = worker->Handles.Pick((ObjectKind)random.Below((ulong)ObjectKind.Count), ref random);
            capabilities[i].Handle = handle & (UserLayout.Limit - 1);
            capabilities[i].Rights = random.Below(2) == 0 ? Rights.Same : (Rights)random.Below(16);
            capabilities[i].Index = BootHandle.Log + i + (uint)random.Below(8);
        }
    }
}
