using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>A process that calls until it is ended, or its call fails.</summary>
internal static unsafe class Client
{
    /// <summary>The role of the process.</summary>
    internal const long Role = 3;

    /// <summary>Starts one that calls through <paramref name="endpoint"/>: its handle, or 0.</summary>
    internal static ulong Start(ulong endpoint)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("ipc", Role);
        spawn.AddCapability(endpoint, Rights.Write, Server.Endpoint);
        return spawn.Start().Value;
    }

    /// <summary>The process: 2 if an answer was wrong.</summary>
    internal static ulong CallOnAndOn()
    {
        for (ulong i = 0; ; i++)
        {
            Message message = Message.Of(Server.Echo, i);
            Error error = IpcCalls.Call(Server.Endpoint, &message);
            if (error != Error.None)
            {
                return error is Error.NoReply or Error.StaleHandle ? 1ul : 3;
            }

            if (message.Word1 != i + 1)
            {
                return 2;
            }
        }
    }
}
