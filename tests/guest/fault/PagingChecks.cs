using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A pager: another process's memory is mapped when it is touched.</summary>
internal static unsafe class PagingChecks
{
    private const ulong StackBytes = 8192;
    private const ulong Badge = 7;

    internal static void Run()
    {
        ulong process = SpawnBuilder.ForRole("fault", PagedProcess.Role).Start().Value;
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong badged = Sys.CapabilityMint(endpoint, Rights.Write, Badge).Value;

        // As if the function had been called: the ABI wants the stack like that. No mapping is made there but by this process.
        ulong stack = Sys.MemoryMap(process, StackBytes).Value + StackBytes;
        ulong first = stack + UserLayout.PageSize;
        delegate*<ulong, void> touch = &PagedProcess.Touch;
        ulong thread = Sys.ThreadCreate(process, (ulong)touch, stack - sizeof(ulong), first).Value;
        bool right = IpcCalls.SetFaultHandler(thread, badged) == Error.None;
        Sys.ThreadStart(thread);
        ulong served = Serve(process, endpoint, first);
        right &= served == PagedProcess.Pages && Sys.ThreadJoin(thread).Value == PagedProcess.Pages * (PagedProcess.Pages - 1) / 2;
        Report.Check(right, "a pager maps each page of another process as it is touched");
        Sys.CapabilityDelete(thread);
        Sys.ProcessExit(process, 0);
        SpawnBuilder.WaitAndClose(process);
        Sys.CapabilityDelete(badged);
        Sys.CapabilityDelete(endpoint);
    }

    // How many faults there were, each as expected, and in order.
    private static ulong Serve(ulong process, ulong endpoint, ulong first)
    {
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Message message = default;
        ulong served = 0;
        Error error = IpcCalls.Receive(endpoint, reply, &message);
        while (error == Error.None && message.Tag == FaultMessage.Tag)
        {
            ulong page = first + (served * PagedProcess.Stride);
            bool expected = message.Badge == Badge && message.Word0 == Exceptions.PageFault
                && message.Word2 == page + sizeof(ulong) && message.Word3 == Exceptions.WriteToNothing;
            if (!expected || Sys.MemoryMap(process, 1).Value != page)
            {
                break;
            }

            served++;
            FaultHandler.Reply(&message, FaultReplyAction.Resume, 0);
            if (served == PagedProcess.Pages)
            {
                error = IpcCalls.Reply(reply, &message);
                break;
            }

            error = IpcCalls.ReplyReceive(endpoint, reply, &message);
        }

        Sys.CapabilityDelete(reply);
        return error == Error.None ? served : 0;
    }
}
