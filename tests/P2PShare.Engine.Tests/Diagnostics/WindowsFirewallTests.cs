using P2PShare.Engine.Diagnostics;

namespace P2PShare.Engine.Tests.Diagnostics;

public sealed class WindowsFirewallTests
{
    private const string Program = @"C:\Program Files\PowerShell\7\pwsh.exe";
    private const string Blocks = @"v2.32|Action=Block|Active=TRUE|Dir=In|Protocol=6|Profile=Public|App=C:\program files\powershell\7\PWSH.exe|Name=pwsh|Desc=pwsh|Defer=User|";

    [Fact]
    public void Finds_a_rule_that_blocks_the_program_for_TCP()
    {
        string[] rules = [Blocks, Blocks.Replace("Protocol=6", "Protocol=17"), Blocks.Replace("Action=Block", "Action=Allow")];
        Assert.Equal(["pwsh"], WindowsFirewall.FindBlocking(rules, Program, 5000));
    }

    [Theory]
    [InlineData("Active=TRUE", "Active=FALSE")]
    [InlineData("Dir=In", "Dir=Out")]
    [InlineData("PWSH.exe", "other.exe")]
    [InlineData("Name=pwsh", "LPort=80|Name=pwsh")]
    [InlineData("Name=pwsh", "LPort=RPC|Name=pwsh")]
    [InlineData("Name=pwsh", "LPort=4000-4999|Name=pwsh")]
    public void Passes_over_rules_for_something_else(string part, string instead) =>
        Assert.Empty(WindowsFirewall.FindBlocking([Blocks.Replace(part, instead)], Program, 5000));

    [Theory]
    [InlineData("LPort=5000")]
    [InlineData("LPort=80,4990-5010")]
    public void A_rule_for_the_port_alone_counts(string ports) =>
        Assert.Equal(["ports"], WindowsFirewall.FindBlocking([$"v2.32|Action=Block|Active=TRUE|Dir=In|Protocol=6|{ports}|Name=ports|"], Program, 5000));

    [Fact]
    public void Rules_for_packages_and_odd_ones_are_nothing()
    {
        Assert.Empty(WindowsFirewall.FindBlocking(["v2.32|Action=Block|Active=TRUE|Dir=In|AppPkgId=S-1-15-2|Name=package|", "", "||", "nonsense", "v2=|="], Program, 5000));
        Assert.Equal(["without a name"], WindowsFirewall.FindBlocking([$"v2.32|Action=Block|Active=TRUE|Dir=In|App={Program}|"], Program, 5000));
    }

    [Fact]
    public void What_blocks_is_named_and_told_how_to_remove()
    {
        var result = LocalChecks.Firewall(["pwsh"], Program, 5000);
        Assert.Equal(CheckStatus.Failed, result.Status);
        Assert.Contains("'pwsh'", result.Detail, StringComparison.Ordinal);
        Assert.Contains("5000", result.Recommendation, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Passed, LocalChecks.Firewall([], Program, 5000).Status);
    }
}
