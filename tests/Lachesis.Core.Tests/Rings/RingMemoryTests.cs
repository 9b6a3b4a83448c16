using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>Programs that change the memory of their ring while the kernel reads it: between any two readings.</summary>
public sealed unsafe class RingMemoryTests
{
    private const int Seeds = 40;

    [Fact]
    public void A_request_that_changes_while_it_is_read_is_the_old_or_the_new_one()
    {
        RingBench bench = null!;
        ulong notification = 0;
        int refused = 0;
        int performed = Interleaving.AtEachPoint(
            () =>
            {
                bench = new RingBench();
                notification = bench.Create(ObjectKind.Notification);
                bench.Submit(SystemCall.Signal, notification, 1);
                return bench.System;
            },
            system => bench.Enter(),
            system => bench.Submissions[0] = new RingSubmission
            {
                Request = RingSubmission.EncodeRequest(SystemCall.ThreadExit),
                A0 = notification,
                A1 = 2,
                UserData = 5,
            },
            system =>
            {
                Assert.True(system.Cpu(0)->Current != null, "the thread has exited");
                (_, Error error, _) = Assert.Single(bench.TakeAll());
                refused += error == Error.UnknownSystemCall ? 1 : 0;
                Assert.True(error is Error.None or Error.UnknownSystemCall, error.ToString());
                bench.AssertAtRest();
            });
        Assert.True(refused > 0 && refused < performed, $"{refused} of {performed}");
    }

    [Fact]
    public void A_slot_that_is_given_back_is_read_no_more()
    {
        RingBench bench = null!;
        ulong notification = 0;
        Interleaving.AtEachPoint(
            () =>
            {
                bench = new RingBench();
                notification = bench.Create(ObjectKind.Notification);
                bench.Submit(SystemCall.Signal, notification, 1);
                return bench.System;
            },
            system => bench.Enter(),
            system =>
            {
                if (bench.Header->SubmissionHead == 1)
                {
                    bench.Submissions[0] =
                        new RingSubmission { Request = (ulong)SystemCall.Signal, A0 = notification, A1 = 2, UserData = 5 };
                }
            },
            system =>
            {
                Assert.Equal([(0, Error.None, 0)], bench.TakeAll());
                Assert.Equal(1ul, system.Syscall(0, SystemCall.Poll, notification).Value);
            });
    }

    [Theory]
    [InlineData(ulong.MaxValue, 0ul)]
    [InlineData(3ul, ulong.MaxValue)]
    [InlineData(1000ul, 1000ul)]
    public void Counts_that_change_while_they_are_read_lead_nowhere_else(ulong tail, ulong head)
    {
        RingBench bench = null!;
        int points = Interleaving.AtEachPoint(
            () =>
            {
                bench = new RingBench(4, 4);
                for (int i = 0; i < 3; i++)
                {
                    bench.Submit(SystemCall.CurrentCpu);
                }

                return bench.System;
            },
            system => bench.Enter(),
            system =>
            {
                bench.Header->SubmissionTail = tail;
                bench.Header->CompletionHead = head;
                bench.Header->SubmissionMask = ulong.MaxValue;
                bench.Header->CompletionMask = ulong.MaxValue;
            },
            system =>
            {
                Assert.InRange(bench.Ring->SubmissionHead, 0ul, 3ul);
                AssertOnlyItsSlots(bench, 4);
                bench.AssertAtRest();
            });
        Assert.True(points > 10, $"{points} points");
    }

    [Fact]
    public void Whatever_is_scribbled_over_a_ring_whenever_nothing_else_changes()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            using var bench = new RingBench(4, 4);
            var random = new Random(seed);
            ulong[] allowed =
                [(ulong)SystemCall.Nop, (ulong)SystemCall.CurrentCpu, (ulong)SystemCall.Poll, 0xFFFF, (ulong)SystemCall.MachineExit];
            bench.System.OnPoint = () =>
            {
                RingSubmission* submission = bench.Submissions + random.Next(4);
                submission->Request = allowed[random.Next(allowed.Length)] | (random.Next(3) == 0 ? (ulong)random.NextInt64() << 16 : 0);
                submission->A0 = (ulong)random.Next(100);
                submission->Deadline = random.Next(3) == 0 ? (ulong)random.NextInt64() : 0;
                bench.Header->SubmissionTail = bench.Ring->SubmissionHead + (ulong)random.Next(6);
                bench.Header->CompletionHead = bench.Ring->CompletionTail - (ulong)random.Next(6);
                bench.Header->SubmissionHead = (ulong)random.NextInt64();
                bench.Header->CompletionTail = (ulong)random.NextInt64();
            };
            for (int i = 0; i < 50; i++)
            {
                SimulatedSystem.CallResult result = bench.Enter();
                Assert.True(result.WentOn && result.Error is Error.None or Error.BadArgument, result.ToString());
                Assert.Equal(bench.Ring->SubmissionHead, bench.Ring->CompletionTail);
                Assert.Equal(0ul, bench.Ring->Owner);
            }

            bench.System.OnPoint = null;
            AssertOnlyItsSlots(bench, 4);
        }
    }

    // Behind the slots that the ring has, its pages are as they were: clear.
    private static void AssertOnlyItsSlots(RingBench bench, int slots)
    {
        int used = slots * sizeof(RingCompletion);
        Assert.Equal(-1, new Span<byte>(bench.Completions, (int)RingLayout.PartBytes)[used..].IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, new Span<byte>(bench.Submissions, (int)RingLayout.PartBytes)[used..].IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, new Span<byte>(bench.Header, (int)RingLayout.PartBytes)[sizeof(RingHeader)..].IndexOfAnyExcept((byte)0));
    }
}
