namespace Lachesis.Scenarios;

/// <summary>The notes of one thread, in memory that its owner gives. What does not fit is counted.</summary>
public unsafe struct ScenarioLog
{
    /// <summary>Room for notes.</summary>
    public ScenarioEvent* Entries;

    /// <summary>How many there is room for.</summary>
    public uint Capacity;

    /// <summary>How many there are.</summary>
    public uint Count;

    /// <summary>How many found no room.</summary>
    public uint Lost;

    /// <summary>Adds a note.</summary>
    public void Add(ScenarioEvent note)
    {
        if (Count < Capacity)
        {
            Entries[Count++] = note;
        }
        else
        {
            Lost++;
        }
    }
}
