using Lachesis.Abi;
using Lachesis.Core.Tests.Machines;
using Xunit;

namespace Lachesis.Core.Tests.Scenarios;

public sealed unsafe class BootTests
{
    [Fact]
    public void A_started_process_runs()
    {
        using TestSystem system = TestSystem.Running(new SystemShape());
        Assert.Equal(Error.None, system.Syscall(0, SystemCall.Nop).Error);
        Assert.True(system.Cpu(0)->Current != null);
    }
}
