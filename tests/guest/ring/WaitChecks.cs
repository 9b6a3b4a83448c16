using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Rings;

/// <summary>Requests that wait: for time, for signals, for messages, for other threads.</summary>
internal static unsafe class WaitChecks
{
    private const ulong Rounds = 300;

    private struct Table
    {
        internal ulong Endpoint;
        internal ulong Reply;
        internal ulong Notification;
        internal ulong Back;
    }

    internal static void Run()
    {
        Ring ring;
        Ring.Create(&ring, 16, 16);
        Table table;
        table.Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        table.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        table.Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        table.Back = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        CheckSleep(&ring);
        CheckTimer(&ring, &table);
        CheckSignals(&ring, &table);
        CheckMessages(&ring, &table);
        Sys.CapabilityDelete(table.Back);
        Sys.CapabilityDelete(table.Notification);
        Sys.CapabilityDelete(table.Reply);
        Sys.CapabilityDelete(table.Endpoint);
        Sys.CapabilityDelete(ring.Handle);
    }

    private static void CheckSleep(Ring* ring)
    {
        long until = Clock.Now() + 2_000_000;
        ring->TrySubmit(SystemCall.Nop, 0);
        ring->TrySubmit(SystemCall.SleepUntil, 1, (ulong)until);
        ring->TrySubmit(SystemCall.CurrentCpu, 2);
        bool right = ring->Enter().Value == 3 && Clock.Now() >= until;
        right &= RequestChecks.Next(ring, 0, Error.None, 0) && RequestChecks.Next(ring, 1, Error.None, 0);
        right &= ring->TryReadCompletion(out RingCompletion* last) && last->UserData == 2 && last->Error == Error.None;
        Report.Check(right, "a request that waits completes when the wait is over, and the rest goes on");
    }

    private static void CheckTimer(Ring* ring, Table* table)
    {
        ulong timer = IpcCalls.CreateObject(ObjectKind.Timer).Value;
        ring->TrySubmit(SystemCall.TimerBind, 0, timer, table->Notification, 4);
        ring->TrySubmit(SystemCall.TimerSet, 1, timer, (ulong)Clock.Now() + 1_000_000);
        ring->TrySubmit(SystemCall.Wait, 2, table->Notification);
        ring->TrySubmit(SystemCall.TimerCancel, 3, timer);
        ring->TrySubmit(SystemCall.CapabilityDelete, 4, timer);
        bool right = ring->Enter().Value == 5 && RequestChecks.Next(ring, 0, Error.None, 0)
            && RequestChecks.Next(ring, 1, Error.None, 0) && RequestChecks.Next(ring, 2, Error.None, 4)
            && RequestChecks.Next(ring, 3, Error.None, 0) && RequestChecks.Next(ring, 4, Error.None, 0);
        Report.Check(right, "a timer is bound, set, waited for, cancelled and closed with one call");
    }

    private static void CheckSignals(Ring* ring, Table* table)
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&Answer, (ulong)table);
        bool right = true;
        for (ulong i = 0; i < Rounds; i++)
        {
            ring->TrySubmit(SystemCall.Signal, 0, table->Notification, 1 + i);
            ring->TrySubmit(SystemCall.Wait, 1, table->Back);
            right &= ring->Enter().Value == 2 && RequestChecks.Next(ring, 0, Error.None, 0)
                && RequestChecks.Next(ring, 1, Error.None, 1 + i);
        }

        IpcCalls.Signal(table->Notification, ulong.MaxValue);
        crew.JoinAll();
        Report.Check(right, "signal and wait in one call, with another thread at the other end");
    }

    // Gives back every signal.
    private static ulong Answer(ulong argument)
    {
        Table* table = (Table*)argument;
        while (true)
        {
            ulong bits = IpcCalls.Wait(table->Notification).Value;
            if (bits == ulong.MaxValue)
            {
                return 0;
            }

            IpcCalls.Signal(table->Back, bits);
        }
    }

    private static void CheckMessages(Ring* ring, Table* table)
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&Serve, (ulong)table);
        bool right = true;
        for (ulong i = 0; i < Rounds; i++)
        {
            for (ulong k = 0; k < 2; k++)
            {
                RingSubmission* call = ring->NextSubmission();
                *call = default;
                call->Request = RingSubmission.EncodeRequest(SystemCall.Call, RingFlags.None, 4);
                call->A0 = table->Endpoint;
                call->A1 = 1;
                call->A2 = i;
                call->A3 = k;
                call->Word3 = 7;
                call->UserData = k;
            }

            right &= ring->Enter().Value == 2;
            for (ulong k = 0; k < 2; k++)
            {
                right &= ring->TryReadCompletion(out RingCompletion* answer) && answer->Error == Error.None && answer->UserData == k
                    && answer->Tag == 4 && answer->Word0 == 2 && answer->Word1 == i + 1 && answer->Word2 == k + 1
                    && answer->Word3 == 8;
            }
        }

        Message stop = default;
        IpcCalls.Call(table->Endpoint, &stop);
        crew.JoinAll();
        Report.Check(right, "calls and their answers go through rings on both sides");
    }

    // A server that answers and receives through a ring of its own: every word plus one, until a message is empty.
    private static ulong Serve(ulong argument)
    {
        Table* table = (Table*)argument;
        Ring ring;
        Ring.Create(&ring, 2, 2);
        ulong both = table->Endpoint | table->Reply << 32;
        ring.TrySubmit(SystemCall.Receive, 0, both);
        ring.Enter();
        while (ring.TryReadCompletion(out RingCompletion* message) && message->Error == Error.None && message->Tag != 0)
        {
            RingSubmission* answer = ring.NextSubmission();
            *answer = default;
            answer->Request = RingSubmission.EncodeRequest(SystemCall.ReplyReceive, RingFlags.None, 4);
            answer->A0 = both;
            answer->A1 = message->Word0 + 1;
            answer->A2 = message->Word1 + 1;
            answer->A3 = message->Word2 + 1;
            answer->Word3 = message->Word3 + 1;
            ring.Enter();
        }

        Message last = default;
        IpcCalls.Reply(table->Reply, &last);
        Sys.CapabilityDelete(ring.Handle);
        return 0;
    }
}
