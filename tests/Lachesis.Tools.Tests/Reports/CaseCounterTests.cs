using System.IO;
using System.Linq;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Reports;

public sealed class CaseCounterTests
{
    [Fact]
    public void Cases_count_as_soon_as_the_last_byte_of_them_is_there()
    {
        byte[] bytes = new ReportWriter().Boot().Case(0, 1).Bytes;
        byte[] more = new ReportWriter().Boot().Case(0, 1).Case(1, 2).Case(2, 3).Bytes;
        string path = Path.GetTempFileName();
        try
        {
            CaseCounter counter = new(path);
            for (int length = 0; length < more.Length; length++)
            {
                File.WriteAllBytes(path, more[..length]);
                Assert.Equal((length - bytes.Length + CaseBytes) / CaseBytes, counter.Count());
            }

            File.WriteAllBytes(path, [.. more, .. Enumerable.Repeat((byte)'x', 100)]);
            Assert.Equal(3, counter.Count());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_report_that_is_not_there_yet_has_none() => Assert.Equal(0, new CaseCounter("no/such/file").Count());

    private static int CaseBytes => new ReportWriter().Case(0, 1).Bytes.Length;
}
