using System;

namespace Lachesis.Tools.Manifests;

/// <summary>A manifest that cannot be used. The message is one line: file, place in it, what is wrong, what is
/// allowed.</summary>
public sealed class ManifestException(string message) : Exception(message);
