using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;

namespace Lachesis.Core.Tests.Capabilities;

/// <summary>One capability as it should be.</summary>
internal sealed class ModelCapability
{
    public required int Process { get; init; }

    public required ObjectKind Kind { get; init; }

    public required Rights Rights { get; init; }

    public required ulong Handle { get; set; }

    public ModelCapability? Parent { get; set; }

    public List<ModelCapability> Children { get; } = [];
}

/// <summary>All capabilities and who derived which from which, as plain lists.</summary>
internal sealed class CapabilityModel
{
    public List<ModelCapability> Live { get; } = [];

    public List<(int Process, ulong Handle)> Deleted { get; } = [];

    public ModelCapability Add(int process, ObjectKind kind, Rights rights, ulong handle, ModelCapability? parent = null)
    {
        var made = new ModelCapability { Process = process, Kind = kind, Rights = rights, Handle = handle, Parent = parent };
        Live.Add(made);
        parent?.Children.Add(made);
        return made;
    }

    public void Move(ModelCapability capability, ulong handle)
    {
        Deleted.Add((capability.Process, capability.Handle));
        capability.Handle = handle;
    }

    public void Delete(ModelCapability capability)
    {
        Live.Remove(capability);
        Deleted.Add((capability.Process, capability.Handle));
        foreach (ModelCapability child in capability.Children)
        {
            child.Parent = capability.Parent;
        }

        List<ModelCapability>? siblings = capability.Parent?.Children;
        if (siblings != null)
        {
            int place = siblings.IndexOf(capability);
            siblings.RemoveAt(place);
            siblings.InsertRange(place, capability.Children);
        }
    }

    public void Revoke(ModelCapability capability)
    {
        while (capability.Children.Count != 0)
        {
            Delete(capability.Children[^1]);
        }
    }

    public void DeleteAllOf(int process)
    {
        foreach (ModelCapability capability in Live.Where(capability => capability.Process == process).ToArray())
        {
            Delete(capability);
        }
    }
}
