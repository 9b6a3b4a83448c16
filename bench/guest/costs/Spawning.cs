using Lachesis.Abi;

namespace Lachesis.Costs;

/// <summary>Filling spawn requests.</summary>
internal static unsafe class Spawning
{
    /// <summary>Sets the program's name.</summary>
    internal static void Name(SpawnRequest* request, string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            request->Program[i] = (byte)name[i];
        }
    }
}
