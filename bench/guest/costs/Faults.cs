using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>A fault, to its handler, and back.</summary>
internal static unsafe class Faults
{
    private struct Table
    {
        internal UserThread Handler;
        internal ulong Endpoint;
        internal ulong Reply;
    }

    /// <summary>An undefined instruction; a thread of this process lets the faulting one go on behind it.</summary>
    internal static void RoundTrip(ref Samples samples)
    {
        Table table = default;
        table.Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        table.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        UserThread.Create(&table.Handler, &Handle, (ulong)&table);
        Sys.ThreadSetAffinity(table.Handler.Handle, 1);
        Sys.ThreadStart(table.Handler.Handle);
        IpcCalls.SetFaultHandler(BootHandle.MainThread, table.Endpoint);
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            Stubs.UndefinedInstruction();
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            Stubs.UndefinedInstruction();
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report("faultRoundTrip");
        IpcCalls.SetFaultHandler(BootHandle.MainThread, 0);
        Message stop = default;
        IpcCalls.Call(table.Endpoint, &stop);
        table.Handler.Join();
        Sys.CapabilityDelete(table.Reply);
        Sys.CapabilityDelete(table.Endpoint);
    }

    private static ulong Handle(ulong argument)
    {
        Table* table = (Table*)argument;
        Message message = default;
        IpcCalls.Receive(table->Endpoint, table->Reply, &message);
        while (message.Tag == FaultMessage.Tag)
        {
            message.Tag = 2;
            message.Word0 = (ulong)FaultReplyAction.ResumeAt;
            message.Word1 += FaultMessage.UndefinedInstructionBytes;
            IpcCalls.ReplyReceive(table->Endpoint, table->Reply, &message);
        }

        IpcCalls.Reply(table->Reply, &message);
        return 0;
    }
}
