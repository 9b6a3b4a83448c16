using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>What boot/host-problems.sh says of a host on which nothing can be built.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostProblemsTests
{
    [Fact]
    public void A_host_that_these_tests_were_built_on_has_none() => Assert.Equal("", Say());

    [Fact]
    public void A_home_that_is_not_set_is_not_a_missing_sdk() => Assert.Equal(
        "HOME is not set: set it, or DOTNET_CLI_HOME, to a folder that can be written to\n", Say(("HOME", ""), ("DOTNET_CLI_HOME", "")));

    // A file in a folder's place cannot be written to by anybody, not even by root.
    [Theory]
    [InlineData("DOTNET_CLI_HOME", "the home folder {0}/x cannot be written to: set HOME, or DOTNET_CLI_HOME, to a folder that can\n")]
    [InlineData("TMPDIR", "the folder for temporary files {0}/x cannot be written to: set TMPDIR to a folder that can\n")]
    [InlineData("NUGET_PACKAGES", "the folder for NuGet's packages {0}/x cannot be written to: set NUGET_PACKAGES to a folder that can\n")]
    public void A_place_that_cannot_be_written_to_is_named(string variable, string message)
    {
        string file = Path.GetTempFileName();
        Assert.Equal(string.Format(message, file), Say((variable, file + "/x")));
        File.Delete(file);
    }

    [Theory]
    [InlineData(
        "error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json.",
        "packages could not be fetched from https://api.nuget.org: there is no network, or it needs a proxy (https_proxy)\n")]
    [InlineData(
        "error MSB4018: System.IO.IOException: No space left on device : '/x/y'",
        "no space is left: No space left on device : '/x/y'\n")]
    [InlineData(
        "error MSB3491: Could not write lines: Access to the path '/x/y' is denied.",
        "Access to the path '/x/y' is denied: give yourself the right to write there\n")]
    [InlineData("Program.cs(1,1): error CS1002: ; expected", "")]
    public void What_a_log_says_of_the_host_is_told(string log, string message)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, $"  Determining projects to restore...\n{log}\n{log}\n");
        Assert.Equal(message, Say(file));
        File.Delete(file);
    }

    private static string Say(params (string Name, string Value)[] environment) => Run([], environment);

    private static string Say(string log) => Run([log], []);

    private static string Run(IEnumerable<string> arguments, (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(Path.Combine(Repository.Root, "boot/host-problems.sh"), arguments) { RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said;
    }
}
