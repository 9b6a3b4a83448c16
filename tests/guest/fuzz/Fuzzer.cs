using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>A thread that makes random calls and looks at what comes back.</summary>
internal unsafe struct Fuzzer
{
    private const ulong LookEvery = 64;
    private const ulong Unknown = 50;
    private const ulong RingOneIn = 4;

    private Worker* _worker;
    private Random _random;
    private Frame _frame;
    private ulong _answer;
    private bool _hasRing;
    private RingFuzzer _ring;

    /// <summary>Prepares it; with memory for a ring of its own, or null.</summary>
    internal void SetUp(Worker* worker, ulong seed, byte* ring)
    {
        _worker = worker;
        _hasRing = ring != null;
        _ring.SetUp(ring);
        _random = new Random(seed);
    }

    /// <summary>The thread's function.</summary>
    internal static ulong Run(ulong argument)
    {
        Fuzzer* self = (Fuzzer*)argument;
        Worker* worker = self->_worker;
        ulong number;
        while ((number = Interlocked.ExchangeAdd(ref worker->Calls, 1)) < worker->Limit)
        {
            self->Step();
            Finding finding = number % LookEvery == 0 ? worker->CheckMemory() : Finding.None;
            if (finding != Finding.None)
            {
                worker->Fail(finding, &self->_frame);
            }
        }

        return worker->IsChild ? 0 : worker->Finish();
    }

    private void Step()
    {
        fixed (Frame* frame = &_frame)
        {
            // Callers that can be answered are few: every other one through the ring.
            bool answers = _hasRing && _answer != 0 && _random.Below(2) == 0;
            Finding finding = answers ? EnterRing(frame) : CallAny(frame);
            if (finding == Finding.None && _hasRing && _random.Below(RingOneIn) == 0)
            {
                finding = EnterRing(frame);
            }

            if (finding != Finding.None)
            {
                _worker->Fail(finding, frame);
            }
        }
    }

    // The ring may be this thread's alone: nobody else touches what it keeps of it.
    private Finding EnterRing(Frame* frame)
    {
        fixed (Fuzzer* self = &this)
        {
            return _ring.Round(_worker, self, frame, ref _random);
        }
    }

    private Finding CallAny(Frame* frame)
    {
        Choose(frame, _worker->Wanted);
        Finding finding = Make(frame);
        return finding == Finding.None && frame->Error == Error.None ? Use(frame) : finding;
    }

    /// <summary>Makes a call with these arguments.</summary>
    internal Finding Call(Frame* frame, SystemCall call, ulong a0, ulong a1, ulong a2, ulong a3)
    {
        frame->Number = (uint)call;
        frame->Pattern = _worker->Pattern;
        frame->A0 = a0;
        frame->A1 = a1;
        frame->A2 = a2;
        frame->A3 = a3;
        frame->R10 = _random.Next() >> 16;
        return Make(frame);
    }

    private Finding Make(Frame* frame)
    {
        _worker->RecordCall(frame);
        Stubs.SystemCallFrame((ulong*)frame);
        Finding finding = Findings.In(frame);
        if (finding == Finding.None && frame->Error == Error.None)
        {
            _worker->Succeeded = _worker->Succeeded.Union(CallSet.Of(frame->Call));
        }

        return finding;
    }

    /// <summary>Draws a call and its arguments, every other time one of those <paramref name="wanted"/>. Calls that end or stop
    /// their caller would leave little of a life, so most of those are drawn again.</summary>
    internal void Choose(Frame* frame, CallSet wanted)
    {
        SystemCall call;
        CallSignature shape;
        do
        {
            call = _answer != 0 && _random.Below(2) == 0 ? SystemCall.Reply
                : !wanted.IsEmpty && _random.Below(2) == 0 ? AnyOf(wanted)
                : _random.Below(Unknown) == 0 ? (SystemCall)(_random.Next() >> (int)_random.Below(64))
                : (SystemCall)_random.Below((ulong)SystemCall.Count);
            shape = SystemCallTable.Of(call, (uint)_random.Below(SystemCallTable.MaxForms));
            shape = shape.Exists ? shape : SystemCallTable.Of(call);
        }
        while (IsTooMuch(call, shape));

        frame->Number = (uint)call;
        frame->Pattern = _worker->Pattern;
        frame->R10 = _random.Next() >> 16;
        var arguments = new Arguments(_worker, shape);
        frame->A0 = arguments.Choose(0, ref _random);
        frame->A1 = arguments.Choose(1, ref _random);
        frame->A2 = arguments.Choose(2, ref _random);
        frame->A3 = arguments.Choose(3, ref _random);
        if ((shape.Traits & CallTraits.PassesMessage) != 0)
        {
            frame->Number |= (ulong)Arguments.Tag(ref _random) << 32;
        }
        else if (call == SystemCall.Park && _worker->IsScratch(frame->A0, sizeof(uint)) && _random.Below(2) == 0)
        {
            frame->A1 = *(uint*)frame->A0;
        }
        else if (call == SystemCall.Reply && _answer != 0)
        {
            frame->A0 = _answer;
            _answer = 0;
        }
        else if (call == SystemCall.ThreadCreate && _random.Below(2) == 0)
        {
            frame->A1 = _random.Below(2) == 0 ? Stubs.FuzzThreadAddress() : Stubs.FuzzFaultAddress();
            frame->A2 = (ulong)_worker->Stacks + _random.Below(UserLayout.PageSize);
        }
        else if (call == SystemCall.Park && _random.Below(4) == 0 && frame->A0 - (ulong)_worker->Scratch < 64)
        {
            // Otherwise hardly any thread would ever park.
            frame->A1 = *(uint*)(frame->A0 & ~3ul);
        }
    }

    private SystemCall AnyOf(CallSet calls)
    {
        SystemCall call;
        do
        {
            call = (SystemCall)_random.Below((ulong)SystemCall.Count);
        }
        while (!calls.Contains(call));
        return call;
    }

    private bool IsTooMuch(SystemCall call, in CallSignature shape)
    {
        if (_worker->IsChild && ((shape.Traits & (CallTraits.MayBlock | CallTraits.MayEndCaller)) != 0 || call == SystemCall.ThreadCreate))
        {
            return true;
        }

        return ((shape.Traits & CallTraits.MayEndCaller) != 0 && _random.Below(16) != 0)
            || ((shape.Traits & CallTraits.DrawnSeldom) != 0 && _random.Below(4) != 0);
    }

    // What a call gave is used in others: handles, callers that wait for an answer; new memory must be clear.
    private Finding Use(Frame* frame)
    {
        SystemCall call = frame->Call;
        _answer = call == SystemCall.Receive ? frame->A0 >> 32 : _answer;
        if (call == SystemCall.ProcessSpawn)
        {
            RememberChild(frame->Rdx);
        }
        else if ((SystemCallTable.Of(call).Traits & CallTraits.ReturnsHandle) != 0)
        {
            _worker->Handles.Remember(frame->Rdx, ref _random);
            if (call == SystemCall.ThreadCreate && _random.Below(4) != 0)
            {
                // Once it is started it faults, by itself or for where it begins: whoever receives just then handles that.
                IpcCalls.SetFaultHandler(frame->Rdx, _worker->Handles.Pick(ObjectKind.Endpoint, ref _random));
            }
        }
        else if (call == SystemCall.MemoryMap && frame->A0 == _worker->Own)
        {
            ulong words = ((frame->A1 + UserLayout.PageSize - 1) & ~(UserLayout.PageSize - 1)) / sizeof(ulong);
            for (ulong i = 0; i < words; i++)
            {
                if (((ulong*)frame->Rdx)[i] != 0)
                {
                    return Finding.UsedMemory;
                }
            }
        }

        return Finding.None;
    }

    // A thread in a child that nobody can start or end any more would keep it alive for ever.
    private void RememberChild(ulong process)
    {
        SystemResult weak = Sys.CapabilityMint(process, Rights.All & ~Rights.Control);
        Sys.CapabilityDelete(process);
        if (weak.Error == Error.None)
        {
            _worker->Handles.Remember(weak.Value, ref _random);
        }
    }
}
