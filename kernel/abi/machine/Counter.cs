namespace Lachesis.Abi;

/// <summary>
/// The counters of one CPU, by index. Written by that CPU alone unless said otherwise, so a plain increment is exact;
/// readers on other CPUs may see a value that is a moment old. <c>CounterNames</c> of the host command gives each its name in evidence
/// and in gdb.
/// </summary>
public enum Counter
{
    /// <summary>The CPU began to run another thread than before.</summary>
    ContextSwitches,

    /// <summary>The running thread blocked of its own will (park, sleep, join, wait).</summary>
    VoluntaryBlocks,

    /// <summary>The running thread was put back into the run queue by a timer or a wake.</summary>
    Preemptions,

    /// <summary>The running thread yielded.</summary>
    Yields,

    /// <summary>A thread that last ran on another CPU began to run here.</summary>
    MigrationsIn,

    /// <summary>A thread that last ran here began to run on another CPU. Counted by that one, atomically.</summary>
    MigrationsOut,

    /// <summary>Times this CPU, idle, looked at another CPU's run queue for work.</summary>
    StealsTried,

    /// <summary>Times it found some.</summary>
    StealsWon,

    /// <summary>Threads this CPU woke onto its own run queue.</summary>
    WakesLocal,

    /// <summary>Threads this CPU woke onto another CPU's inbox.</summary>
    WakesRemote,

    /// <summary>Reschedule interrupts this CPU sent.</summary>
    ReschedulesSent,

    /// <summary>Remote wakes that needed no interrupt: the target looks at its inbox by itself, or one was
    /// pending.</summary>
    ReschedulesSuppressed,

    /// <summary>Reschedule interrupts this CPU received.</summary>
    ReschedulesReceived,

    /// <summary>Timer interrupts taken.</summary>
    TimerInterrupts,

    /// <summary>Times the CPU found nothing to run and halted.</summary>
    IdleEntries,

    /// <summary>System calls entered, valid or not.</summary>
    SystemCalls,

    /// <summary>Faults of user threads.</summary>
    UserFaults,

    /// <summary>Nanoseconds charged to threads on this CPU.</summary>
    RuntimeNs,

    /// <summary>Nanoseconds this CPU was idle.</summary>
    IdleNs,

    /// <summary>Nanoseconds of interrupts, teardown and boot, charged to no thread.</summary>
    KernelNs,

    /// <summary>Remote wakes placed on the woken thread's last CPU, which was idle.</summary>
    PlacedLastIdle,

    /// <summary>Wakes placed on another idle CPU, because the last one was busy.</summary>
    PlacedOtherIdle,

    /// <summary>Wakes placed on the last CPU though it was busy: no allowed CPU was idle.</summary>
    PlacedLastBusy,

    /// <summary>Wakes placed elsewhere because the affinity mask no longer allows the last CPU.</summary>
    PlacedByMask,

    /// <summary>Direct handoffs that the policy did not allow: the woken thread was queued.</summary>
    HandoffsRefused,

    /// <summary>Threads that this CPU, crowded, pushed to a less loaded one.</summary>
    BalancePushes,

    /// <summary>Of these, times when one push was not enough to even the load out: migration does not keep up.</summary>
    BalanceBehind,

    /// <summary>Times a thread had waited longer for this CPU than the stated latency (100 ms): overload.</summary>
    LateDispatches,

    /// <summary>Measured builds: times a run-queue lock was taken.</summary>
    RunQueueLocks,

    /// <summary>Measured builds: times a run-queue lock was found held.</summary>
    RunQueueLocksContended,

    /// <summary>Measured builds: nanoseconds spent waiting for run-queue locks.</summary>
    RunQueueLockWaitNs,

    /// <summary>Measured builds: nanoseconds run-queue locks were held.</summary>
    RunQueueLockHoldNs,

    /// <summary>Measured builds: address-space switches (CR3 loads).</summary>
    AddressSpaceSwitches,

    /// <summary>Measured builds: threads looked at while picking the next one.</summary>
    PickCandidates,

    /// <summary>Measured builds: times the CPU's next thread came from its queue.</summary>
    PicksQueued,

    /// <summary>Measured builds: times it came from the inbox without having been queued.</summary>
    PicksArrived,

    /// <summary>Measured builds: times it was stolen.</summary>
    PicksStolen,

    /// <summary>Measured builds: times it was handed the CPU by the one that ran before.</summary>
    PicksHandedOver,

    /// <summary>Measured builds: times it took the running one's place, which was queued.</summary>
    PicksExchanged,

    /// <summary>Measured builds: times the running thread was looked at and went on.</summary>
    PicksKept,

    /// <summary>Measured builds: times a thread that ran here, or was chosen, could not: it had to end, to stand still or to move.</summary>
    PicksDiverted,

    /// <summary>Measured builds: times there was nobody to choose.</summary>
    PicksNone,

    /// <summary>Measured builds: nanoseconds (instructions under icount) in system calls, from the C# entry to its
    /// exit.</summary>
    SystemCallNs,

    /// <summary>Measured builds: the same in timer interrupts.</summary>
    TimerInterruptNs,

    /// <summary>Measured builds: the same in reschedule interrupts.</summary>
    RescheduleInterruptNs,

    /// <summary>Measured builds: the same in faults of user threads.</summary>
    UserFaultNs,

    /// <summary>Measured builds: bytes written to the log and the report channel.</summary>
    SerialBytes,

    /// <summary>Measured builds: invariant checks done.</summary>
    InvariantChecks,

    /// <summary>How many counters there are; not one itself.</summary>
    Count,
}
