// Locals are set before they are read (the compiler insists on it, but for stack buffers, which are filled first):
// clearing every frame on entry would cost the system call path dozens of instructions.
[module: System.Runtime.CompilerServices.SkipLocalsInit]
