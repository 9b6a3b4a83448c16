using System;
using Lachesis.Tools.Commands;

InternalError.Install();
Interruption.Install();
return Cli.Run(args, Console.Out, Console.Error);
