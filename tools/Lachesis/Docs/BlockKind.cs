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

    /// <summary>A command that changes the sources, <c>git apply</c> with the patch behind it: it must apply. What follows in the
    /// document holds in a tree to which it was applied, and is checked only by a walk (<see cref="DocumentCheck.Walk"/>).</summary>
    Patch,

    /// <summary>Source text that nothing checks.</summary>
    Source,

    /// <summary>A drawing.</summary>
    Drawing,
}
