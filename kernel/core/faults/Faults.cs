using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Check;
using Lachesis.Core.Ipc;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Output;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Faults;

/// <summary>
/// What becomes of threads that fault. One that has a handler calls it (<see cref="FaultMessage"/>) and goes on as the answer
/// says; without, or whatever else comes of the call, it ends, and that is reported.
/// </summary>
/// <remarks>
/// From the fault on the thread is marked (<see cref="UserContext.InFault"/>), as one that performs requests of a ring is.
/// Whatever ends its call, an answer, an error, a deleted endpoint, makes it runnable like any other caller; and when its turn
/// comes, its CPU comes to <see cref="Continue"/> instead of the program. So no way out of a call has to know of faults.
/// </remarks>
public static unsafe class Faults<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// The current thread, all of whose registers are in its context, has faulted. Afterwards it has blocked or ended, and
    /// another one runs, or this CPU is to <see cref="Continue"/> with it.
    /// </summary>
    /// <param name="cpu">The CPU on which it ran.</param>
    /// <param name="vector">Number of the exception, 0..31.</param>
    /// <param name="errorCode">What the CPU pushed with it, or 0.</param>
    /// <param name="address">Of a page fault the address that was touched, else 0.</param>
    public static void Raise(Cpu* cpu, uint vector, uint errorCode, ulong address)
    {
        EventCounters.Count(cpu, Counter.UserFaults);
        Thread* thread = cpu->Current;
        thread->Fault.Vector = vector;
        thread->Fault.ErrorCode = errorCode;
        thread->Fault.Address = address;

        // Without the lock: whoever sets one just now may be too late. Those who look it up look again.
        if (thread->Fault.HandlerProcess.Generation == 0)
        {
            ExitWithFault(cpu);
            return;
        }

        SaveRegisters(thread);
        thread->Context.ResumeMode = UserContext.InFault;
        CallFaultHandler(cpu);
    }

    /// <summary>The turn of a thread that has faulted and is marked: its call is over, or to be made again.</summary>
    public static void Continue(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        Error error = (Error)thread->Context.Rax;
        if (error == Error.WouldBlock)
        {
            CallFaultHandler(cpu);
        }
        else if (error != Error.None || !TryResume(thread))
        {
            ExitWithFault(cpu);
        }
    }

    private static void CallFaultHandler(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        thread->Context.Rax = (ulong)Error.None;
        Error error = Ipc<TMachine>.CallFaultHandler(cpu);
        if (error == Error.WouldBlock)
        {
            // Many receivers have been told that their capabilities are gone, and are runnable now. Once they have had their
            // turns the thread has its own, and then it calls again.
            thread->Context.Rax = (ulong)error;
            Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
        }
        else if (error != Error.None)
        {
            ExitWithFault(cpu);
        }
    }

    // As the answer says, in the thread's context, where it stands in place of the registers; false: it is not to go on.
    private static bool TryResume(Thread* thread)
    {
        var answer = (FaultReplyAction)thread->Context.Rsi;
        ulong where = answer == FaultReplyAction.ResumeAt ? thread->Context.R8 : thread->Context.Rip;
        if (answer > FaultReplyAction.ResumeAt || where >= UserLayout.Limit)
        {
            return false;
        }

        thread->Context.Rip = where;
        RestoreRegisters(thread);
        thread->Context.ResumeMode = 1;
        return true;
    }

    // All that passing messages writes over.
    private static void SaveRegisters(Thread* thread)
    {
        FaultState* kept = &thread->Fault;
        kept->Rax = thread->Context.Rax;
        kept->Rdx = thread->Context.Rdx;
        kept->Rsi = thread->Context.Rsi;
        kept->Rdi = thread->Context.Rdi;
        kept->R8 = thread->Context.R8;
        kept->R9 = thread->Context.R9;
        kept->R10 = thread->Context.R10;
    }

    private static void RestoreRegisters(Thread* thread)
    {
        FaultState* kept = &thread->Fault;
        SeededBugs.Inject(SeededBug.UnrestoredRegister, ref kept->R9, thread->Context.R9);
        thread->Context.Rax = kept->Rax;
        thread->Context.Rdx = kept->Rdx;
        thread->Context.Rsi = kept->Rsi;
        thread->Context.Rdi = kept->Rdi;
        thread->Context.R8 = kept->R8;
        thread->Context.R9 = kept->R9;
        thread->Context.R10 = kept->R10;
    }

    // Nobody handles the fault: it is reported, and the thread ends, and with it, if it was the last, its process.
    private static void ExitWithFault(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        FaultReport report = default;
        report.Process = thread->Process->Header.Index;
        report.Thread = thread->Header.Index;
        report.Vector = thread->Fault.Vector;
        report.ErrorCode = thread->Fault.ErrorCode;
        report.InstructionPointer = thread->Context.Rip;
        report.Address = thread->Fault.Address;
        Output<TMachine>.Report(cpu, ReportKind.UserFault, &report, (ulong)sizeof(FaultReport));
        FaultLog<TMachine>.Write(cpu, in report);
        ThreadLifecycle<TMachine>.ExitCurrent(cpu, FaultExitCode.For(thread->Fault.Vector));
    }
}
