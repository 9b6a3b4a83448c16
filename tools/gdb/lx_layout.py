"""What the lx commands read: every field of every kernel structure, and every number that the sources say. `lx check` holds it
to the kernel's debug information and sources, so that a renamed field is found before somebody needs it."""

# Type without the assembly: paths of its fields. lx_kernel.field refuses what is not listed.
FIELDS = {
    "Core_Kernel": (
        "CpuCount", "IdleMask", "_cpus", "Threads", "Processes", "Endpoints", "Notifications", "Replies", "Timers", "Rings",
        "Sessions",
    ),
    "Core_Objects_Pool": ("_slots", "_slotBytes", "_highWaterMark", "_inUse", "_capacity"),
    "Core_Objects_ObjectHeader": ("Index", "Generation", "References"),
    "Core_Objects_ObjectRef": ("Index", "Generation"),
    "Core_Sched_Cpu": (
        "Current", "LoadedProcess", "RunQueue", "Inbox", "NeedsRescheduleIpi", "ReschedulePending", "TimerDeadline.Nanoseconds", "Counters",
    ),
    "Core_Sched_PerCpuRunQueue": ("Count", "Policy", "Fair._tree._root", "_levels._lists", "_roundRobin._threads"),
    "Core_Sched_Fair_DeadlineNode": ("Children", "Count", "Height", "Permutation"),
    "Core_Threads_ThreadList": ("First",),
    "Core_Wait_WaitQueue": ("_waiters",),
    "Core_Threads_Thread": (
        "Header", "StateWord", "LastCpu", "Process", "QueueNext", "Ledger.Runtime.Nanoseconds", "Ledger.Switches", "Context", "Context.Rip", "Timer.Deadline.Nanoseconds", "WaitingIn", "WaitingFor", "WaitingForKind", "ParkAddress", "Ipc.Role",
        "Ipc.Reply", "Joiners", "PendingStop",
    ),
    "Core_Processes_Process": (
        "Header", "PageTableRoot", "Phase", "LiveThreads", "LoadedCpus", "ExitPending", "ExitCode", "Session", "Waiters", "Handles._firstPage",
        "Handles._directory", "Handles._highWaterMark",
    ),
    "Core_Processes_Session": ("Header", "Phase", "MemberCount", "ExitCode", "Waiters"),
    "Core_Wait_WaitableObject": ("Header", "Queue"),
    "Core_Notifications_Notification": ("Waitable", "Bits", "BoundThread"),
    "Core_Ipc_Reply": ("Header", "Caller"),
    "Core_Rings_Ring": (
        "Header", "Owner", "Process", "SubmissionMask", "CompletionMask", "SubmissionHead", "CompletionTail",
    ),
    "Core_Timers_Timer": (
        "Header", "Armed", "Node.Deadline.Nanoseconds", "Node.Cpu", "Period.Nanoseconds", "Overruns", "Target", "Bits",
    ),
    "Core_Capabilities_CapabilitySlot": ("Object", "Kind", "Rights", "Handle", "Badge"),
    "Arch_X64_InterruptFrame": tuple(
        "Rax Rbx Rcx Rdx Rsi Rdi Rbp R8 R9 R10 R11 R12 R13 R14 R15 Rip Rsp".split()
    ),
    "Core_Threads_UserContext": tuple(
        "Rax Rbx Rcx Rdx Rsi Rdi Rbp R8 R9 R10 R11 R12 R13 R14 R15 Rip Rsp ResumeMode".split()
    ),
}

# Enums, whose names are read from the sources: ilc describes only those that some field has as its type.
ENUMS = {
    "ThreadLocation": "kernel/core/threads/ThreadState.cs",
    "PendingStops": "kernel/core/threads/PendingStops.cs",
    "ProcessPhase": "kernel/core/processes/Process.cs",
    "SessionPhase": "kernel/core/processes/Session.cs",
    "IpcRole": "kernel/core/ipc/IpcState.cs",
    "ObjectKind": "kernel/abi/objects/ObjectKind.cs",
    "SchedulingPolicy": "kernel/abi/sched/Scheduling.cs",
    "Counter": "kernel/abi/machine/Counter.cs",
}

# Pools of objects that have a table of their own: field of Kernel, kind, type.
POOLS = (
    ("Threads", "thread", "Core_Threads_Thread"),
    ("Processes", "process", "Core_Processes_Process"),
    ("Endpoints", "endpoint", "Core_Wait_WaitableObject"),
    ("Notifications", "notification", "Core_Notifications_Notification"),
    ("Replies", "reply", "Core_Ipc_Reply"),
    ("Timers", "timer", "Core_Timers_Timer"),
    ("Rings", "ring", "Core_Rings_Ring"),
    ("Sessions", "session", "Core_Processes_Session"),
)

# Constants, which are in no debug information: name, value, source.
CONSTANTS = (
    ("DirectMap", 0xFFFF800000000000, "kernel/arch/x64/memory/Layout.cs"),
    ("IndexBits", 15, "kernel/core/capabilities/CapabilitySpace.cs"),
)

# Functions whose frames the unwinder knows: entry stubs, by how they were entered.
STUBS_FROM_USER = ("system_call_entry", "interrupt_common")
STUBS_FROM_KERNEL = ("interrupt_from_kernel", "interrupt_on_own_stack")
STUBS_OUTERMOST = ("thread_resume", "idle_loop", "boot_long_mode", "continue_on_stack")
