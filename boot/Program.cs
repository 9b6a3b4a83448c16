using System.IO;
using Lachesis.Boot;
using Lachesis.Boot.Elf;

// lachesis-boot KERNEL-OBJECT USER-OBJECT: writes the machine code that C# cannot express, for the kernel and for programs.
if (args.Length != 2)
{
    System.Console.Error.WriteLine("usage: lachesis-boot KERNEL-OBJECT USER-OBJECT");
    return 2;
}

File.WriteAllBytes(args[0], KernelObject.Build().ToBytes());
File.WriteAllBytes(args[1], UserObject.Build().ToBytes());
return 0;
