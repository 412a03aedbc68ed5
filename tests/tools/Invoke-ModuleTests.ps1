#Requires -Version 7.6
<#
.SYNOPSIS
    Runs the module's Pester tests and writes their counts to a file; build.ps1 starts it in a process of its own.
#>
[CmdletBinding()]
param(
    # The folder with the *.Tests.ps1 files.
    [Parameter(Mandatory)] [string] $Path,

    # The Pester module to use.
    [Parameter(Mandatory)] [string] $PesterPath,

    # Where the counts go, as JSON.
    [Parameter(Mandatory)] [string] $ResultPath
)

$ErrorActionPreference = 'Stop'
Import-Module $PesterPath

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Run.Exit = $false
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.RenderMode = 'Plaintext'
$run = Invoke-Pester -Configuration $configuration

$skipped = foreach ($test in @($run.Skipped) + @($run.NotRun) | Where-Object { $_ }) {
    $because = if ($test.ErrorRecord) { @($test.ErrorRecord)[0].Exception.Message -replace '^is skipped(, because )?', '' } else { '' }
    [pscustomobject]@{ Name = "Pester: $($test.ExpandedPath)"; Reason = $because ? $because : 'marked as skipped' }
}

$failures = foreach ($part in @($run.Failed) + @($run.FailedBlocks) + @($run.FailedContainers) | Where-Object { $_ }) {
    $name = $part.PSObject.Properties['ExpandedPath'] ? $part.ExpandedPath : $part.Item
    [pscustomobject]@{ Name = "Pester: $name"; Reason = @($part.ErrorRecord | ForEach-Object { $_.Exception.Message -replace '\s+', ' ' }) -join '; ' }
}

# A file that doesn't load and a BeforeAll that throws are failures of their own; Pester counts only the tests they kept from running.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
[pscustomobject]@{ Passed = $run.PassedCount; Failed = $failed; Skipped = @($skipped); Failures = @($failures) } | ConvertTo-Json -Depth 4 | Set-Content -LiteralPath $ResultPath
exit ($failed -gt 0 ? 1 : 0)
