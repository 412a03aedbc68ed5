# What the test files share: the built module, a swarm of its own for each file, and peers on loopback.

$ErrorActionPreference = 'Stop'

function Import-TestedModule {
    $folder = if ($env:P2PSHARE_MODULE) { $env:P2PSHARE_MODULE } else { Join-Path $PSScriptRoot '../../output/P2PShare' }
    $manifest = if (Test-Path -LiteralPath $folder -PathType Container) { Join-Path $folder 'P2PShare.psd1' } else { $folder }
    # Once a process: forcing it again would stop the peers of the file that imported it first.
    if (-not (Get-Module P2PShare)) { Import-Module (Resolve-Path -LiteralPath $manifest).ProviderPath -Global }
}

function Get-TestedManifest { Join-Path (Get-Module P2PShare).ModuleBase 'P2PShare.psd1' }

function Start-TestPeer {
    param([Parameter(Mandatory)] $Swarm, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Folder, [object[]] $Join, [hashtable] $With = @{})
    if ($Join) { $With = $With + @{ ConnectTo = @($Join | ForEach-Object { "127.0.0.1:$($_.Port)" }) } }
    Start-P2PPeer -SwarmPath $Swarm.SwarmPath -Name $Name -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath (Join-Path $Folder 'state') @With
}

function Stop-TestPeers {
    Get-P2PPeer -Local | Stop-P2PPeer
    Get-Job | Where-Object PSJobTypeName -EQ 'PeerJob' | Remove-Job -Force
}

function Invoke-Shell([string] $Script) {
    # This PowerShell once more: there may be none on the PATH, and as a .NET tool it is started through dotnet.
    $shell = [Environment]::ProcessPath
    $first = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { @(Join-Path $PSHOME 'pwsh.dll') } else { @() }
    & $shell @first -NoProfile -NonInteractive -Command $Script
}

function New-TestFile {
    param([Parameter(Mandatory)] [string] $Path, [int] $Length = 1000, [int] $Seed = 1)
    $bytes = [byte[]]::new($Length)
    [Random]::new($Seed).NextBytes($bytes)
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
    [IO.File]::WriteAllBytes($Path, $bytes)
    Get-Item -LiteralPath $Path
}

function Wait-Until {
    param([Parameter(Mandatory)] [scriptblock] $Condition, [int] $Seconds = 30)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($clock.Elapsed.TotalSeconds -gt $Seconds) { throw "Waited $Seconds s in vain for: $Condition" }
        Start-Sleep -Milliseconds 50
    }
}
