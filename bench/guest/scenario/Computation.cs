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
    private long _ran;

    // The last look at the ledger, and what it said.
    private long _lastReading;
    private long _charged;

    /// <summary>Computes until the thread has had <paramref name="wanted"/> nanoseconds more, or it is <paramref
    /// name="until"/>.</summary>
    internal static void Perform(Runner* runner, long wanted, long until)
    {
        Computation computation = default;
        computation._runner = runner;
        long end = ScenarioState.World.End;
        computation.Run(wanted == long.MaxValue ? wanted : runner->Asked + wanted, until < end ? until : end);
    }

    private void Run(long asked, long limit)
    {
        ReadClock(out _);
        _start = _lastReading;
        _ran = _charged - _runner->Noted;
        long last = _lastReading;
        while (_charged + (last - _lastReading) < asked && last < limit)
        {
            long now = Clock.Now();
            if (now - last >= ScenarioState.GapNs)
            {
                ReadClockAfterGap();
                now = _lastReading;
            }

            last = now;
        }

        _ran += last - _lastReading;
        _runner->Noted = _charged + (last - _lastReading);
        _runner->Asked = last < limit ? asked : _runner->Noted;
        Close();
    }

    private void ReadClockAfterGap()
    {
        long before = _lastReading;
        long waited = _runner->Waited;
        uint cpu = _cpu;
        long charged = ReadClock(out uint now);
        _ran += charged;
        waited = _runner->Waited - waited;
        if (waited > 0)
        {
            _runner->Machine.RecordLostCpu(in ScenarioState.World, _lastReading, _lastReading - waited);
        }

        if (_lastReading - before - charged < ScenarioState.GapNs && now == cpu)
        {
            return;
        }

        _cpu = cpu;
        Close();
        _cpu = now;
        _start = _lastReading;
        _ran = 0;
    }

    // Gives what the thread was charged since the last look.
    private long ReadClock(out uint cpu)
    {
        long before = _charged;
        cpu = ScenarioState.CurrentCpu();
        _cpu = cpu;
        _charged = Runner.Look(_runner);
        _lastReading = Clock.Now();
        return _charged - before;
    }

    // What lies behind the end of the scenario is none of it.
    private readonly void Close()
    {
        long end = ScenarioState.World.End;
        long start = _start < end ? _start : end;
        long length = _ran < end - start ? _ran : end - start;
        _runner->Machine.RecordRunInterval(
            in ScenarioState.World, ScenarioEvent.RunInterval(start - ScenarioState.World.Begin, length, _cpu));
    }
}
