using System;
using Lachesis.Tools.CommandLine;

InternalError.Install();
Interruption.Install();
return Cli.Run(args, Console.Out, Console.Error);
