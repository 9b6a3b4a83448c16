using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Rings;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>A system with a ring of the process that runs on CPU 0, and the program's side of that ring.</summary>
internal sealed unsafe class RingBench : IDisposable
{
    /// <summary>Submissions, and completions, unless said otherwise.</summary>
    public const uint Entries = 8;

    public RingBench(uint submissions = Entries, uint completions = Entries, uint cpus = 2)
        : this(SimulatedSystem.Running(new SystemShape { Cpus = cpus }), submissions, completions)
    {
    }

    /// <summary>In a system that runs already.</summary>
    public RingBench(SimulatedSystem system, uint submissions = Entries, uint completions = Entries)
    {
        System = system;
        Address = system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value;
        SimulatedSystem.CallResult made =
            system.Syscall(0, SystemCall.RingCreate, BootHandle.Process, Address, submissions, completions);
        Assert.Equal(Error.None, made.Error);
        Handle = made.Value;
        ulong root = system.ProcessOn(0)->PageTableRoot;
        Header = (RingHeader*)system.Users.At(root, Address);
        Submissions = (RingSubmission*)system.Users.At(root, Address + RingLayout.PartBytes);
        Completions = (RingCompletion*)system.Users.At(root, Address + (2 * RingLayout.PartBytes));
        Ring = (Ring*)system.Kernel->Rings.At(system.ProcessOn(0)->Handles.Find(Handle)->Object.Index);
    }

    public SimulatedSystem System { get; }

    public ulong Address { get; }

    public ulong Handle { get; }

    public RingHeader* Header { get; }

    public RingSubmission* Submissions { get; }

    public RingCompletion* Completions { get; }

    /// <summary>The kernel's side.</summary>
    public Ring* Ring { get; }

    public void Dispose() => System.Dispose();

    /// <summary>Lets the ring stand where it would after so many requests.</summary>
    public void StartAt(ulong index)
    {
        Ring->SubmissionHead = index;
        Ring->CompletionTail = index;
        Header->SubmissionHead = index;
        Header->CompletionTail = index;
        Header->SubmissionTail = index;
        Header->CompletionHead = index;
        System.Rings.OnCountsReset(Ring);
    }

    /// <summary>Adds a request; its user data is the index.</summary>
    public RingSubmission* Submit(SystemCall call, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        Submit(RingSubmission.EncodeRequest(call), a0, a1, a2, a3);

    /// <summary>The same, with flags or a tag.</summary>
    public RingSubmission* Submit(ulong request, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        RingSubmission* submission = Submissions + (Header->SubmissionTail & Header->SubmissionMask);
        *submission = new RingSubmission { Request = request, A0 = a0, A1 = a1, A2 = a2, A3 = a3, UserData = Header->SubmissionTail };
        Header->SubmissionTail++;
        return submission;
    }

    /// <summary>The thread on a CPU enters.</summary>
    public SimulatedSystem.CallResult Enter(ulong most = ulong.MaxValue, uint cpu = 0) =>
        System.Syscall(cpu, SystemCall.RingEnter, Handle, most);

    /// <summary>Takes all completions: their user data, errors and values.</summary>
    public List<(ulong UserData, Error Error, ulong Value)> TakeAll()
    {
        var all = new List<(ulong, Error, ulong)>();
        for (; Header->CompletionHead != Header->CompletionTail; Header->CompletionHead++)
        {
            RingCompletion* completion = Completions + (Header->CompletionHead & Header->CompletionMask);
            all.Add((completion->UserData, completion->Error, completion->Value));
        }

        return all;
    }

    /// <summary>An object with only a kind.</summary>
    public ulong Create(ObjectKind kind) =>
        System.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind).Value;

    /// <summary>That nobody is at the ring, and both sides agree on where it stands.</summary>
    public void AssertAtRest()
    {
        Assert.Equal(0ul, Ring->Owner);
        Assert.Equal(Ring->SubmissionHead, Ring->CompletionTail);
        Assert.Equal(Ring->SubmissionHead, Header->SubmissionHead);
        Assert.Equal(Ring->CompletionTail, Header->CompletionTail);
        Assert.Equal(1ul, Ring->Header.References);
    }
}
