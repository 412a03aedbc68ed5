#Requires -Version 7.6
<#
.SYNOPSIS
    Measures what the module promises of itself: import, start of a peer, ten thousand files from the pipe.
.DESCRIPTION
    Each figure is the median of five new processes. Build first; docs/benchmarks.md has the results.
#>
[CmdletBinding()]
param([string] $Module = (Join-Path $PSScriptRoot '../../output/P2PShare/P2PShare.psd1'), [int] $Runs = 5)

$ErrorActionPreference = 'Stop'
$Module = (Resolve-Path -LiteralPath $Module).ProviderPath
$work = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "p2pshare-measure-$PID")).FullName
$shell = [Environment]::ProcessPath
$first = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { @(Join-Path $PSHOME 'pwsh.dll') } else { @() }

function Get-Median([double[]] $Values) { ($Values | Sort-Object)[[Math]::Floor($Values.Count / 2)] }
function Invoke-Fresh([string] $Script) { & $shell @first -NoProfile -NonInteractive -Command $Script }

try {
    # Whole processes, so that what the runtime does at its end counts too.
    $empty = Get-Median (1..$Runs | ForEach-Object { (Measure-Command { Invoke-Fresh '' }).TotalMilliseconds })
    $import = Get-Median (1..$Runs | ForEach-Object { (Measure-Command { Invoke-Fresh "Import-Module '$Module'" }).TotalMilliseconds })
    [pscustomobject]@{ What = 'Import-Module, over an empty pwsh'; Median = '{0:0} ms' -f ($import - $empty); Limit = '300 ms' }

    $start = Get-Median (1..$Runs | ForEach-Object {
            [double](Invoke-Fresh "Import-Module '$Module'; `$s = New-P2PSwarm lab$_ '$work'; (Measure-Command { Start-P2PPeer `$s.SwarmPath -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath '$work/state' }).TotalMilliseconds")
        })
    [pscustomobject]@{ What = 'Start-P2PPeer, the first of a process'; Median = '{0:0} ms' -f $start; Limit = '500 ms' }

    $null = New-Item -ItemType Directory "$work/many"
    1..10000 | ForEach-Object { [IO.File]::WriteAllText("$work/many/$_.txt", "$_") }
    $many = 1..$Runs | ForEach-Object {
        Invoke-Fresh @"
Import-Module '$Module'
`$null = Start-P2PPeer (New-P2PSwarm many$_ '$work').SwarmPath -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath '$work/state'
`$files = Get-ChildItem '$work/many'
[GC]::Collect()
`$before = [Diagnostics.Process]::GetCurrentProcess().WorkingSet64
`$time = (Measure-Command { `$files | Send-P2PFile -ShareName x -WhatIf }).TotalMilliseconds
"`$time `$(([Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64 - `$before) / 1MB)"
"@ | Select-Object -Last 1
    }
    [pscustomobject]@{ What = '10,000 FileInfo into Send-P2PFile -ShareName x -WhatIf'; Median = '{0:0} ms' -f (Get-Median ($many | ForEach-Object { ($_ -split ' ')[0] })); Limit = '2,000 ms' }
    [pscustomobject]@{ What = '... and the most memory it adds'; Median = '{0:0} MB' -f (Get-Median ($many | ForEach-Object { ($_ -split ' ')[1] })); Limit = '100 MB' }
}
finally {
    Remove-Item -LiteralPath $work -Recurse -Force
}
