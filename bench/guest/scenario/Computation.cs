using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>
/// Spinning for a length of CPU time, and noting in which stretches it was had. Readings of the clock that lie close together
/// show that the CPU was this thread's. When one comes late, the kernel's ledger tells how much of the gap was this
/// thread's too: an interrupt, or another virtual CPU's turn on the host, is no loss of the CPU, a switch is.
/// </summary>
/// <remarks>
/// What the thread does between two computations (its system calls, its notes) is computing too: it spins for that much less. So
/// at the end of each it has used what its scenario asked for so far, to some instructions, as in the simulator, where nothing
/// but computing takes time.
/// </remarks>
internal unsafe struct Computation
{
    private Runner* _runner;
    private uint _cpu;

    // The open stretch: when it began, and what it had up to the last look at the ledger.
    private long _start;
    private long _had;

    // The last look at the ledger, and what it said.
    private long _lookedAt;
    private long _charged;

    /// <summary>Computes until the thread has had <paramref name="wanted"/> nanoseconds more, or it is <paramref
    /// name="until"/>.</summary>
    internal static void Do(Runner* runner, long wanted, long until)
    {
        Computation computation = default;
        computation._runner = runner;
        long end = Stage.World.End;
        computation.Run(wanted == long.MaxValue ? wanted : runner->Asked + wanted, until < end ? until : end);
    }

    private void Run(long asked, long limit)
    {
        Look(out _);
        _start = _lookedAt;
        _had = _charged - _runner->Noted;
        long last = _lookedAt;
        while (_charged + (last - _lookedAt) < asked && last < limit)
        {
            long now = Clock.Now();
            if (now - last >= Stage.GapNs)
            {
                LookAfterGap();
                now = _lookedAt;
            }

            last = now;
        }

        _had += last - _lookedAt;
        _runner->Noted = _charged + (last - _lookedAt);
        _runner->Asked = last < limit ? asked : _runner->Noted;
        Close();
    }

    private void LookAfterGap()
    {
        long before = _lookedAt;
        long waited = _runner->Waited;
        uint cpu = _cpu;
        long charged = Look(out uint now);
        _had += charged;
        waited = _runner->Waited - waited;
        if (waited > 0)
        {
            _runner->Machine.NoteLostCpu(in Stage.World, _lookedAt, _lookedAt - waited);
        }

        if (_lookedAt - before - charged < Stage.GapNs && now == cpu)
        {
            return;
        }

        _cpu = cpu;
        Close();
        _cpu = now;
        _start = _lookedAt;
        _had = 0;
    }

    // Gives what the thread was charged since the last look.
    private long Look(out uint cpu)
    {
        long before = _charged;
        cpu = Stage.CurrentCpu();
        _cpu = cpu;
        _charged = Runner.Look(_runner);
        _lookedAt = Clock.Now();
        return _charged - before;
    }

    // What lies behind the end of the scenario is none of it.
    private readonly void Close()
    {
        long end = Stage.World.End;
        long start = _start < end ? _start : end;
        long length = _had < end - start ? _had : end - start;
        _runner->Machine.NoteStretch(
            in Stage.World, ScenarioEvent.Stretch(start - Stage.World.Begin, length, _cpu));
    }
}
