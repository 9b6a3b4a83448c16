using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// A client that calls a server again and again. Each computes for so long a call; only one of them can run at a time.
/// </summary>
internal unsafe struct ClientServerPair
{
    private const long ServerRole = 3;

    private ulong _stop;
    private ulong _endpoint;
    private ulong _reply;
    private ulong _clientLoops;
    private ulong _serverLoops;

    /// <summary>Set up: the client computes for <paramref name="clientLoops"/> turns of a loop a call, the server for others, until
    /// the word at <paramref name="stop"/> is not 0.</summary>
    internal static void Initialize(ClientServerPair* pair, ulong stop, ulong clientLoops, ulong serverLoops)
    {
        pair->_stop = stop;
        pair->_endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        pair->_reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        pair->_clientLoops = clientLoops;
        pair->_serverLoops = serverLoops;
    }

    /// <summary>Gives back what it was made of; both have ended.</summary>
    internal static void Destroy(ClientServerPair* pair)
    {
        Sys.CapabilityDelete(pair->_endpoint);
        Sys.CapabilityDelete(pair->_reply);
    }

    /// <summary>The server as a process of its own: its handle.</summary>
    internal static ulong StartServer(ClientServerPair* pair, ulong mask)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("fair", ServerRole);
        spawn.AddArgument("loops", (long)pair->_serverLoops);
        spawn.AddCapability(pair->_endpoint, Rights.Read, BootHandle.FirstFree);
        spawn.CpuMask = mask;
        return spawn.Start().Value;
    }

    /// <summary>Whether this process is to be such a server.</summary>
    internal static bool IsServer => Program.Argument("role", 0) == ServerRole;

    /// <summary>The life of such a process.</summary>
    internal static ulong RunRole()
    {
        ClientServerPair pair = default;
        pair._endpoint = BootHandle.FirstFree;
        pair._serverLoops = (ulong)Program.Argument("loops", 0);
        pair._reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        return Serve((ulong)&pair);
    }

    /// <summary>What a client does. Its last call says nothing, and ends the server.</summary>
    internal static ulong Call(ulong argument)
    {
        ClientServerPair* pair = (ClientServerPair*)argument;
        Message message = default;
        while (Volatile.Read(ref *(ulong*)pair->_stop) == 0)
        {
            Compute(pair->_clientLoops);
            message = Message.Of(1);
            IpcCalls.Call(pair->_endpoint, &message);
        }

        message = default;
        IpcCalls.Call(pair->_endpoint, &message);
        return 0;
    }

    /// <summary>What a server does.</summary>
    internal static ulong Serve(ulong argument)
    {
        ClientServerPair* pair = (ClientServerPair*)argument;
        Message message = default;
        IpcCalls.Receive(pair->_endpoint, pair->_reply, &message);
        while (message.Tag != 0)
        {
            Compute(pair->_serverLoops);
            IpcCalls.ReplyReceive(pair->_endpoint, pair->_reply, &message);
        }

        IpcCalls.Reply(pair->_reply, &message);
        return 0;
    }

    private static void Compute(ulong loops)
    {
        ulong done = 0;
        while (Volatile.Read(ref done) < loops)
        {
            done++;
        }
    }
}
