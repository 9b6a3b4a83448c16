using System;
using Lachesis.Tools.Commands;

Interruption.Install();
return Cli.Run(args, Console.Out, Console.Error);
