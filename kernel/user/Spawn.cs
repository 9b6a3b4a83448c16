using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>A process to start: set what matters, then start it, as often as wanted.</summary>
public unsafe struct Spawn
{
    private SpawnRequest _request;

    /// <summary>What it is told.</summary>
    public Text Argument;

    /// <summary>A process that runs <paramref name="program"/>, on the CPUs of this one, without any grants.</summary>
    public static Spawn Of(string program)
    {
        Spawn spawn = default;
        for (int i = 0; i < program.Length; i++)
        {
            spawn._request.Program[i] = (byte)program[i];
        }

        spawn._request.CpuMask = Program.Start->CpuMask;
        return spawn;
    }

    /// <summary>A process that runs <paramref name="program"/> in the role of that number: its argument is
    /// <c>role=N</c>.</summary>
    public static Spawn InRole(string program, long role)
    {
        Spawn spawn = Of(program);
        spawn.Argument.Add("role=");
        spawn.Argument.Add(role);
        return spawn;
    }

    /// <summary>What it may do.</summary>
    public Grants Grants
    {
        readonly get => _request.Grants;
        set => _request.Grants = value;
    }

    /// <summary>CPUs that it may run on.</summary>
    public ulong CpuMask
    {
        readonly get => _request.CpuMask;
        set => _request.CpuMask = value;
    }

    /// <summary>Adds <c> name=value</c> to what it is told.</summary>
    public void Tell(string name, long value)
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
        return Sys.ProcessSpawn(&request);
    }

    /// <summary>Starts it, waits for its end and closes its handle: its exit code, or the error.</summary>
    public readonly SystemResult Run()
    {
        SystemResult started = Start();
        return started.Error == Error.None ? Finish(started.Value) : started;
    }

    /// <summary>Waits for the end of a process and closes its handle: its exit code, or the error.</summary>
    public static SystemResult Finish(ulong process)
    {
        SystemResult ended = Sys.ProcessWait(process);
        Sys.HandleClose(process);
        return ended;
    }
}
