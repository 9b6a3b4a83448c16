using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>Random requests, entered a few at a time and read a few at a time, against a model of plain lists.</summary>
public sealed unsafe class RingModelTests
{
    [Fact]
    public void Any_sequence_of_requests_completes_as_the_model_says() => Operations.Check(Run);

    private static void Run(int[] choices)
    {
        uint completions = choices.Length % 2 == 0 ? 2u : 8u;
        using var bench = new RingBench(RingBench.Entries, completions);
        var model = new Model(bench, completions);
        foreach (int choice in choices)
        {
            int operand = choice / 4;
            switch (choice % 4)
            {
                case 0 or 1:
                    model.Submit(operand);
                    break;
                case 2:
                    model.Enter((ulong)(operand % 12));
                    break;
                default:
                    model.Take((ulong)(operand % 4));
                    break;
            }
        }

        bench.AssertAtRest();
    }

    private sealed class Model(RingBench bench, uint completions)
    {
        private readonly ulong _notification = bench.Create(ObjectKind.Notification);
        private readonly Queue<(ulong UserData, int Kind, ulong Bits)> _waiting = [];
        private readonly Queue<(ulong UserData, Error Error, ulong Value)> _done = [];
        private ulong _bits;
        private ulong _overflows;

        public void Submit(int operand)
        {
            if (_waiting.Count == RingBench.Entries)
            {
                return;
            }

            int kind = operand % 8;
            ulong bits = (ulong)(operand / 8 % 16);
            RingSubmission* submission = bench.Submit(RequestOf(kind), kind == 7 ? 77 : _notification, bits);
            submission->Deadline = kind == 5 ? ulong.MaxValue : 0;
            _waiting.Enqueue((submission->UserData, kind, bits));
        }

        public void Enter(ulong most)
        {
            ulong taken = 0;
            bool stopped = false;
            while (_waiting.Count != 0 && taken < most && !stopped && _done.Count < completions)
            {
                (ulong userData, int kind, ulong bits) = _waiting.Dequeue();
                (Error error, ulong value) = Perform(kind, bits);
                _done.Enqueue((userData, error, value));
                stopped = kind == 2 && error != Error.None;
                taken++;
            }

            _overflows += _waiting.Count != 0 && taken < most && !stopped && _done.Count == completions ? 1ul : 0;
            Assert.Equal(new SimulatedSystem.CallResult(Error.None, taken, true), bench.Enter(most));
            Assert.Equal(_overflows, bench.Header->Overflows);
            Assert.Equal((ulong)_done.Count, bench.Header->CompletionTail - bench.Header->CompletionHead);
        }

        public void Take(ulong most)
        {
            for (; most != 0 && _done.TryDequeue(out var expected); most--)
            {
                RingCompletion* completion = bench.Completions + (bench.Header->CompletionHead & bench.Header->CompletionMask);
                Assert.Equal(expected, (completion->UserData, completion->Error, completion->Value));
                bench.Header->CompletionHead++;
            }
        }

        private static ulong RequestOf(int kind) => kind switch
        {
            0 => RingSubmission.EncodeRequest(SystemCall.Signal),
            1 => RingSubmission.EncodeRequest(SystemCall.Poll),
            2 => RingSubmission.EncodeRequest(SystemCall.Poll, RingFlags.StopOnError),
            3 => RingSubmission.EncodeRequest(SystemCall.Nop),
            4 => RingSubmission.EncodeRequest(SystemCall.RingEnter),
            5 => RingSubmission.EncodeRequest(SystemCall.CurrentCpu),
            6 => RingSubmission.EncodeRequest(SystemCall.CurrentCpu, (RingFlags)2),
            _ => RingSubmission.EncodeRequest(SystemCall.Poll),
        };

        private (Error Error, ulong Value) Perform(int kind, ulong bits)
        {
            switch (kind)
            {
                case 0:
                    _bits |= bits;
                    return (Error.None, 0);
                case 1 or 2:
                    ulong had = _bits;
                    _bits = 0;
                    return had == 0 ? (Error.WouldBlock, 0) : (Error.None, had);
                case 3:
                    return (Error.None, 0);
                case 4:
                    return (Error.UnknownSystemCall, 0);
                case 5 or 6:
                    return (Error.BadArgument, 0);
                default:
                    return (Error.StaleHandle, 0);
            }
        }
    }
}
