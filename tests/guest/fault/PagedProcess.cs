using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A process whose memory another one fills in as its threads come to need it.</summary>
internal static unsafe class PagedProcess
{
    /// <summary>The role of the process.</summary>
    internal const long Role = 2;

    /// <summary>Pages that its thread touches.</summary>
    internal const ulong Pages = 64;

    /// <summary>From one of them to the next: the page between is never there.</summary>
    internal const ulong Stride = 2 * UserLayout.PageSize;

    /// <summary>The process itself: waits until it is ended.</summary>
    internal static ulong Wait()
    {
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        IpcCalls.Wait(notification);
        return 0;
    }

    /// <summary>Where its thread begins: on a stack that another process has made, with the address of the first page. It ends
    /// with the sum of what it has read.</summary>
    internal static void Touch(ulong first)
    {
        ulong sum = 0;
        for (ulong i = 0; i < Pages; i++)
        {
            ulong* page = (ulong*)(first + (i * Stride));
            page[1] = i;
            sum += page[0] + page[1];
        }

        Sys.ThreadExit(sum);
    }
}
