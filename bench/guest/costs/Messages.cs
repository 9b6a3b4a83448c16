using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>Calling a server and being answered.</summary>
internal static unsafe class Messages
{
    private struct Table
    {
        internal UserThread Server;
        internal ulong Endpoint;
        internal ulong Reply;
    }

    private const uint LongWords = 10;

    /// <summary>A server of another process, which this program is too, told <c>server=1</c>.</summary>
    internal static void OtherProcess(ref Samples samples)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        SpawnBuilder spawn = SpawnBuilder.ForProgram("costs");
        spawn.CpuMask = 1;
        spawn.AddArgument("server", 1);
        spawn.AddCapability(endpoint, Rights.Read, BootHandle.FirstFree);
        ulong server = spawn.Start().Value;
        Measure(ref samples, endpoint, 4, "ipcRoundTripOtherProcess");
        Message stop = default;
        IpcCalls.Call(endpoint, &stop);
        SpawnBuilder.WaitAndClose(server);
        Sys.CapabilityDelete(endpoint);
    }

    /// <summary>That server: answers until it is sent no word.</summary>
    internal static ulong ServeOthers()
    {
        Table table = default;
        table.Endpoint = BootHandle.FirstFree;
        table.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        return Serve((ulong)&table);
    }

    /// <summary>A server of this process.</summary>
    internal static void SameProcess(ref Samples samples)
    {
        Table table = default;
        table.Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        table.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        UserThread.Create(&table.Server, &Serve, (ulong)&table);
        Sys.ThreadSetAffinity(table.Server.Handle, 1);
        Sys.ThreadStart(table.Server.Handle);
        Measure(ref samples, table.Endpoint, 4, "ipcRoundTripSameProcess");
        IpcCalls.SetBuffer(BootHandle.MainThread, (IpcBuffer*)Memory.Map(UserLayout.PageSize));
        IpcCalls.SetBuffer(table.Server.Handle, (IpcBuffer*)Memory.Map(UserLayout.PageSize));
        Measure(ref samples, table.Endpoint, LongWords, "ipcRoundTripLong");
        Message stop = default;
        IpcCalls.Call(table.Endpoint, &stop);
        table.Server.Join();
        Sys.CapabilityDelete(table.Reply);
        Sys.CapabilityDelete(table.Endpoint);
    }

    private static void Measure(ref Samples samples, ulong endpoint, uint words, string name)
    {
        Message message = default;
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            message.Tag = words;
            IpcCalls.Call(endpoint, &message);
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            message.Tag = words;
            ulong began = Clock.Ticks();
            IpcCalls.Call(endpoint, &message);
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report(name);
    }

    private static ulong Serve(ulong argument)
    {
        Table* table = (Table*)argument;
        Message message = default;
        IpcCalls.Receive(table->Endpoint, table->Reply, &message);
        while (message.Tag != 0)
        {
            IpcCalls.ReplyReceive(table->Endpoint, table->Reply, &message);
        }

        IpcCalls.Reply(table->Reply, &message);
        return 0;
    }
}
