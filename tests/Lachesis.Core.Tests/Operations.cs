using System;
using FsCheck;
using FsCheck.Fluent;

namespace Lachesis.Core.Tests;

/// <summary>Property tests over random sequences of operations, each drawn as a number that the test makes sense
/// of.</summary>
internal static class Operations
{
    /// <summary>Runs <paramref name="body"/> with many random sequences; a failure shows the shortest that was
    /// found.</summary>
    public static void Check(Action<int[]> body, int tests = 200)
    {
        Arbitrary<int[]> sequences = Gen.Choose(0, 1 << 20).ArrayOf().ToArbitrary();
        Prop.ForAll(sequences, body).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithEndSize(400));
    }
}
