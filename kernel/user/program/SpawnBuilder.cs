using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>A process to start: set what matters, then start it, as often as wanted.</summary>
public unsafe struct SpawnBuilder
{
    private SpawnRequest _request;
    private Capabilities _capabilities;

    /// <summary>What it is told.</summary>
    public Text Argument;

    /// <summary>A process that runs <paramref name="program"/>, on the CPUs of this one, without any grants.</summary>
    public static SpawnBuilder ForProgram(string program)
    {
        SpawnBuilder spawn = default;
        for (int i = 0; i < program.Length; i++)
        {
            spawn._request.Program[i] = (byte)program[i];
        }

        spawn._request.CpuMask = Program.Start->CpuMask;
        return spawn;
    }

    /// <summary>A process that runs <paramref name="program"/> in the role of that number: its argument is
    /// <c>role=N</c>.</summary>
    public static SpawnBuilder ForRole(string program, long role)
    {
        SpawnBuilder spawn = ForProgram(program);
        spawn.Argument.Add("role=");
        spawn.Argument.Add(role);
        return spawn;
    }

    /// <summary>Which of this program's own boot handles it gets, where they are here, with all the rights that they have
    /// here.</summary>
    public Grants Grants { get; set; }

    /// <summary>It gets a capability that is derived from <paramref name="handle"/>, in its slot <paramref
    /// name="index"/>.</summary>
    public void AddCapability(ulong handle, Rights rights, uint index)
    {
        _capabilities.Add(_request.CapabilityCount, handle, rights, index);
        _request.CapabilityCount++;
    }

    /// <summary>Handle of the session that it is to be in; 0: this process's own.</summary>
    public ulong Session
    {
        readonly get => _request.Session;
        set => _request.Session = value;
    }

    /// <summary>CPUs that it may run on.</summary>
    public ulong CpuMask
    {
        readonly get => _request.CpuMask;
        set => _request.CpuMask = value;
    }

    /// <summary>Adds <c> name=value</c> to what it is told.</summary>
    public void AddArgument(string name, long value)
    {
        Argument.Add(" ");
        Argument.Add(name);
        Argument.Add("=");
        Argument.Add(value);
    }

    /// <summary>Starts it: its handle, or the error.</summary>
    public readonly SystemResult Start()
    {
        SpawnRequest request = _request;
        byte* argument = stackalloc byte[Argument.Length];
        Argument.CopyTo(argument);
        request.ArgumentAddress = (ulong)argument;
        request.ArgumentLength = (uint)Argument.Length;
        Capabilities capabilities = _capabilities;
        for (uint grants = (uint)Grants, index = BootHandle.Log; grants != 0; grants >>= 1, index++)
        {
            if ((grants & 1) != 0)
            {
                capabilities.Add(request.CapabilityCount, index, Rights.Same, index);
                request.CapabilityCount++;
            }
        }

        request.CapabilitiesAddress = (ulong)&capabilities;
        return Sys.ProcessSpawn(&request);
    }

    /// <summary>Starts it, waits for its end and closes its handle: its exit code, or the error.</summary>
    public readonly SystemResult StartAndWait()
    {
        SystemResult started = Start();
        return started.Error == Error.None ? WaitAndClose(started.Value) : started;
    }

    /// <summary>Waits for the end of a process and closes its handle: its exit code, or the error.</summary>
    public static SystemResult WaitAndClose(ulong process)
    {
        SystemResult ended = Sys.ProcessWait(process);
        Sys.CapabilityDelete(process);
        return ended;
    }

    private struct Capabilities
    {
        private fixed ulong _words[2 * (int)CallLimits.MaxSpawnCapabilities];

        // One too many is left for the kernel to refuse.
        internal void Add(uint place, ulong handle, Rights rights, uint index)
        {
            if (place < CallLimits.MaxSpawnCapabilities)
            {
                SpawnCapability given = default;
                given.Handle = handle;
                given.Rights = rights;
                given.Index = index;
                fixed (ulong* words = _words)
                {
                    ((SpawnCapability*)words)[place] = given;
                }
            }
        }
    }
}
