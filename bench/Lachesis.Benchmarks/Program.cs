using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Lachesis.Benchmarks;

// lachesis-benchmarks OUT ROUNDS [CASE...]: measures the cases named (all if none is), in so many rounds, into a file.
if (args.Length < 2 || !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) || rounds < 1)
{
    Console.Error.WriteLine("usage: lachesis-benchmarks OUT ROUNDS [CASE...]");
    return 2;
}

if (Environment.GetEnvironmentVariable("DOTNET_ReadyToRun") != "0")
{
    Console.Error.WriteLine("DOTNET_ReadyToRun=0 is needed, or the yardstick is .NET's less optimised precompiled code");
    return 2;
}

HashSet<string> names = [.. args[2..]];
QueueBenchmarks.Cases = QueueCase.All(name => names.Count == 0 || names.Contains(name));
if (QueueBenchmarks.Cases.Count == 0)
{
    Console.Error.WriteLine("no such case");
    return 2;
}

MeasuredQueues measured = new();
for (int round = 0; round < rounds; round++)
{
    // Kept after each: whoever ends this early has those that are complete.
    measured.AddRound();
    measured.Write(args[0]);
}

return 0;
