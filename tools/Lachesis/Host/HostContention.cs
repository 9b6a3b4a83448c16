namespace Lachesis.Tools.Host;

/// <summary>What else went on on the host while a guest ran, each an average over that time, in cores.</summary>
/// <param name="Cpus">Cores that these are of: those that QEMU may run on.</param>
/// <param name="Others">Kept busy by processes other than QEMU and this one.</param>
/// <param name="Stolen">Withheld from the host by its hypervisor (steal time).</param>
/// <param name="Waited">QEMU's virtual CPUs that were runnable but had no core.</param>
internal readonly record struct HostContention(int Cpus, double Others, double Stolen, double Waited);
