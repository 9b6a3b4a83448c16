using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>What can be asked for when a process is started.</summary>
internal static unsafe class RequestChecks
{
    internal static void Run()
    {
        byte* text = Memory.Map(UserLayout.PageSize);
        PoolLevels before = PoolLevels.Read();
        CheckCodes();
        CheckArguments(text);
        CheckNames();
        CheckMasks();
        Report.Check(before.WaitUntilRestored(), "processes that ended, and requests that failed, leave nothing behind");
    }

    private static void CheckCodes()
    {
        long* codes = stackalloc long[] { 0, 1, 0x7FFF_FFFF, 0x1_0000_0000, long.MaxValue };
        bool all = true;
        for (int i = 0; i < 5; i++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
            spawn.AddArgument("code", codes[i]);
            SystemResult ended = spawn.StartAndWait();
            all &= ended.Error == Error.None && ended.Value == (ulong)codes[i];
        }

        Report.Check(all, "the code of the last thread is the process's, and whoever waits gets it");
    }

    // Of every length that makes a difference, up to the longest.
    private static void CheckArguments(byte* text)
    {
        const uint most = ProgramStart.MaxArgument;
        uint* lengths = stackalloc uint[] { 6, 7, 8, 63, 64, 65, 1000, most - 1, most };
        bool all = true;
        for (int i = 0; i < 9; i++)
        {
            Fill(text, lengths[i]);
            SpawnRequest request = Request(text, lengths[i]);
            SystemResult child = Sys.ProcessSpawn(&request);
            all &= child.Error == Error.None && SpawnBuilder.WaitAndClose(child.Value).Value == Children.Hash(text, lengths[i]);
        }

        Report.Check(all, "a process is told its argument, byte for byte");
        SpawnRequest longer = Request(text, ProgramStart.MaxArgument + 1);
        Report.Check(Sys.ProcessSpawn(&longer).Error == Error.BadArgument, "an argument that is too long gives BadArgument");
        longer.ArgumentLength = uint.MaxValue;
        Report.Check(Sys.ProcessSpawn(&longer).Error == Error.BadArgument, "and so does one of 4 GiB");
    }

    private static void Fill(byte* text, uint length)
    {
        Text role = default;
        role.Add("role=");
        role.Add(Children.HashArgument);
        role.CopyTo(text);
        for (uint i = (uint)role.Length; i < length; i++)
        {
            text[i] = i == (uint)role.Length ? (byte)' ' : (byte)('a' + (i % 23));
        }
    }

    private static SpawnRequest Request(byte* text, uint length)
    {
        SpawnRequest request = default;
        SetName(&request, "spawn");
        request.CpuMask = Program.Start->CpuMask;
        request.ArgumentAddress = (ulong)text;
        request.ArgumentLength = length;
        return request;
    }

    private static void SetName(SpawnRequest* request, string name)
    {
        for (int i = 0; i < RamdiskEntry.MaxName + 1; i++)
        {
            request->Program[i] = i < name.Length ? (byte)name[i] : (byte)0;
        }
    }

    private static void CheckNames()
    {
        bool missing = Start("nothing") == Error.NotFound && Start("") == Error.NotFound && Start("spaw") == Error.NotFound
            && Start("spawn.elf") == Error.NotFound && Start("Spawn") == Error.NotFound;
        Report.Check(missing, "a name that no program has gives NotFound");
        Report.Check(Start("manifest.bin") == Error.NotFound, "the manifest is no program");
        SpawnRequest request = Request(null, 0);
        for (int i = 0; i < RamdiskEntry.MaxName + 1; i++)
        {
            request.Program[i] = (byte)'s';
        }

        bool endless = Sys.ProcessSpawn(&request).Error == Error.NotFound;
        SetName(&request, "spawn");
        request.Program[20] = 1;
        endless &= Sys.ProcessSpawn(&request).Error == Error.NotFound;
        Report.Check(endless, "a name without an end, or with something behind its end, gives NotFound");
    }

    private static Error Start(string name)
    {
        SpawnRequest request = Request(null, 0);
        SetName(&request, name);
        return Sys.ProcessSpawn(&request).Error;
    }

    private static void CheckMasks()
    {
        ulong beyond = Program.Cpus == 64 ? 0 : ~0ul << (int)Program.Cpus;
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.VisitCpus);
        spawn.CpuMask = 0;
        bool refused = spawn.Start().Error == Error.BadArgument;
        spawn.CpuMask = beyond;
        refused &= spawn.Start().Error == Error.BadArgument;
        Report.Check(refused, "a mask without a CPU that exists gives BadArgument");

        bool all = true;
        for (int cpu = 0; cpu < Program.Cpus; cpu++)
        {
            spawn.CpuMask = beyond | 1ul << cpu;
            all &= spawn.StartAndWait().Value == 1ul << cpu;
        }

        Report.Check(all, "a process that is allowed one CPU, and its threads, run nowhere else");
        spawn.CpuMask = Program.Start->CpuMask & 0x55;
        ulong visited = spawn.StartAndWait().Value;
        Report.Check(visited != 0 && (visited & ~0x55ul) == 0, "a process that is allowed some CPUs runs on those only");
    }
}
