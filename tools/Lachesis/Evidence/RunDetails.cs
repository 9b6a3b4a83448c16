using System;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Evidence;

/// <summary>What tells one run from the next, so that nothing of it repeats.</summary>
/// <param name="Id">Its folder's name.</param>
/// <param name="Began">When it started, in UTC.</param>
/// <param name="CommandLine">What was asked for.</param>
/// <param name="Load">What the host did meanwhile.</param>
public sealed record RunDetails(string Id, DateTime Began, string CommandLine, HostUse Load);
