using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Reading ledgers to the end, however many calls that takes.</summary>
public static unsafe class Ledgers
{
    // Threads that end meanwhile make the kernel ask for a new beginning.
    private const int MaxRetries = 100;

    /// <summary>The ledger of a thread, by its handle.</summary>
    public static Error OfThread(ulong thread, out LedgerReading reading) => Read(thread, LedgerScope.Thread, 0, out reading);

    /// <summary>The sum over a process's threads, by its handle.</summary>
    public static Error OfProcess(ulong process, out LedgerReading reading) =>
        Read(process, LedgerScope.Process, 0, out reading);

    /// <summary>The sum over a service's threads, for programs that hold the machine.</summary>
    public static Error OfService(uint service, out LedgerReading reading) =>
        Read(BootHandle.Machine, LedgerScope.Service, service, out reading);

    /// <summary>The sum over a session's threads, for programs that hold the machine.</summary>
    public static Error OfSession(uint session, out LedgerReading reading) =>
        Read(BootHandle.Machine, LedgerScope.Session, session, out reading);

    private static Error Read(ulong handle, LedgerScope scope, ulong number, out LedgerReading reading)
    {
        LedgerReading read = default;
        Error error = Error.None;
        for (int i = 0; i < MaxRetries; i++)
        {
            read = default;
            do
            {
                error = Sys.LedgerRead(handle, scope, number, &read);
            }
            while (error == Error.None && read.Cursor != 0);

            if (error != Error.BadState)
            {
                break;
            }
        }

        reading = read;
        return error;
    }
}
