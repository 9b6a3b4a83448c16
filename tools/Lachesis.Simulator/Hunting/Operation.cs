namespace Lachesis.Simulator;

/// <summary>What a program can do next. A plan says how likely each is.</summary>
internal enum Operation
{
    Compute,
    Yield,
    Park,
    Unpark,
    UnparkSwitch,
    Signal,
    Sleep,
    CreateAndStart,
    Create,
    Start,
    Join,
    SetAffinity,
    Close,
    UseClosed,
    Runtime,
    SetPolicy,
    AskPolicy,
    SetParameter,
    SetFeatures,
    ReadLedger,
    Spawn,
    EndProcess,
    WaitProcess,
    MapMemory,
    BadCall,
    Log,
    Exit,
    Fault,
    Mint,
    MoveCapability,
    Revoke,
    SpawnWith,
    Suspend,
    Resume,
    Kill,

    /// <summary>How many there are; not one itself.</summary>
    Count,
}
