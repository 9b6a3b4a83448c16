namespace Lachesis.Tools.Docs;

/// <summary>What a block of code in a document is, as its marker says.</summary>
public enum BlockKind
{
    /// <summary>What a command prints: compared with what it prints now.</summary>
    Output,

    /// <summary>Commands to type: their targets, variables, options and files must exist.</summary>
    Commands,

    /// <summary>A scenario: the simulator must run it.</summary>
    Scenario,

    /// <summary>Source text that nothing checks.</summary>
    Source,

    /// <summary>A drawing.</summary>
    Drawing,
}
