#!/usr/bin/env pwsh

<#
.SYNOPSIS
    Builds, tests, packs and demonstrates P2PShare: the one script, for people and for CI.
.DESCRIPTION
    build    the module to output/P2PShare and the command-line program to output/cli
    test     build, then every xUnit suite, every Pester file and the networks of test hosts; the last line counts them
    demo     build, then a swarm of processes on this machine that moves real files
    package  build, then in output/packages the module as the Gallery takes it, and the program with its own .NET for
             linux-x64, linux-arm64 and win-x64
    docs     the cmdlets' help from docs/en-US to module/en-US, from where a build takes it; needs PlatyPS
    bench    build, then whole processes beside other programs (tests/bench) and the pieces (tests/P2PShare.Benchmarks);
             writes the speed section of docs/benchmarks.md. With -Quick small and short, to output/ only
    clean    removes everything that was built
.EXAMPLE
    ./build.ps1 test
.EXAMPLE
    ./build.ps1 demo --size 100M
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'package', 'demo', 'docs', 'bench', 'clean')]
    [string] $Task = 'build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # For bench: two runs of a quarter of the size, and no pieces.
    [switch] $Quick,

    # For demo and bench: handed on to the program.
    [Parameter(ValueFromRemainingArguments = $true)]
    [string[]] $Arguments = @()
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0

# Up to here, and in its syntax to the end, this file suits Windows PowerShell 5.1: so it can say there what it needs.
$psMajor = $PSVersionTable.PSVersion.Major
$psMinor = $PSVersionTable.PSVersion.Minor
if ($psMajor -lt 7 -or ($psMajor -eq 7 -and $psMinor -lt 6)) {
    [Console]::Error.WriteLine("P2PShare needs PowerShell 7.6 or later; this is $psMajor.$psMinor.")
    [Console]::Error.WriteLine('Install it (winget install Microsoft.PowerShell, or https://aka.ms/powershell) and run: pwsh ./build.ps1 ' + $Task)
    exit 1
}

$root = $PSScriptRoot
$output = Join-Path $root 'output'
$modulePath = Join-Path $output 'P2PShare'
$cliPath = Join-Path $output 'cli'
$resultsPath = Join-Path $output 'test-results'
$solution = Join-Path $root 'P2PShare.PowerShell.sln'

function Write-Step([string] $Text) {
    Write-Host "==> $Text"
}

function Invoke-Dotnet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($args[0]) failed with exit code $LASTEXITCODE." }
}

function Assert-Dotnet {
    if (-not (Get-Command dotnet -CommandType Application -ErrorAction Ignore)) {
        throw 'The .NET 10 SDK is needed: https://dotnet.microsoft.com/download'
    }
}

function Get-Version {
    $props = [xml](Get-Content -LiteralPath (Join-Path $root 'Directory.Build.props') -Raw)
    return ($props.Project.PropertyGroup | ForEach-Object { $_['VersionPrefix'] } | Where-Object { $_ } | Select-Object -First 1).InnerText
}

function Clear-Folder([string] $Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return }
    try {
        Remove-Item -LiteralPath $Path -Recurse -Force
    }
    catch {
        throw "$Path cannot be replaced: $($_.Exception.Message) On Windows a PowerShell that has imported the module keeps it locked: close it."
    }
}

# What has `dotnet publish` compile the module ahead of time for this machine; nothing when the compiler cannot be had.
function Get-ModuleAhead([string] $Project) {
    if ($Configuration -ne 'Release') { return }
    $rid = dotnet msbuild $Project -getProperty:NETCoreSdkRuntimeIdentifier
    # A file for another processor than PowerShell's, which need not be the SDK's, does not load.
    if ($rid -notlike "*-$([System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture)") { return }
    $ahead = @('-r', $rid, '-p:PublishReadyToRun=true')
    $said = & dotnet restore $Project @ahead --nologo -v quiet 2>&1
    if ($LASTEXITCODE -eq 0) { return $ahead + @('--self-contained', 'false', '-p:AppendRuntimeIdentifierToOutputPath=false') }
    # What failed is written down, and would fail the publishing too.
    Invoke-Dotnet restore $Project --nologo -v quiet | Out-Host
    $missing = $said | Select-String -Pattern 'NU1\d\d\d[^\[]*' | Select-Object -First 1
    Write-Host "The module is not compiled ahead of time, so it starts more slowly: $(if ($missing) { $missing.Matches[0].Value.Trim() } else { $said | Select-Object -Last 1 })"
}

# For this machine it is compiled ahead of time; as IL alone it is for all.
function Publish-ModuleFolder([string] $Path, [switch] $ILOnly) {
    Clear-Folder $Path
    $project = Join-Path $root 'src/P2PShare.PowerShell'
    $ahead = @(if (-not $ILOnly) { Get-ModuleAhead $project })
    Invoke-Dotnet publish $project -c $Configuration --no-build --nologo -v quiet -o $Path @ahead
    # PowerShell has its own System.Management.Automation.dll; a second one would break it.
    if (Get-ChildItem -LiteralPath $Path -Recurse -Filter 'System.Management.Automation.dll') {
        throw 'System.Management.Automation.dll is in the module.'
    }

    Get-ChildItem -LiteralPath $Path -File | Where-Object { $_.Name -like '*.deps.json' -or $_.Name -like 'P2PShare.*.xml' } | Remove-Item
    $manifest = Join-Path $root 'module'
    Copy-Item -Path (Join-Path $manifest '*') -Destination $Path -Recurse -Force
    Copy-Item -LiteralPath (Join-Path $root 'LICENSE') -Destination $Path
    Publish-Topics $Path
}

function Publish-Output {
    Write-Step "module -> $modulePath"
    Publish-ModuleFolder $modulePath

    Write-Step "program -> $cliPath"
    Publish-Program (Join-Path $root 'src/P2PShare.Cli') $cliPath
}

# Publishes what is built; src/Program.props says how it is compiled ahead.
function Publish-Program([string] $Project, [string] $Path) {
    Clear-Folder $Path
    # Naming the runtime has it compiled ahead of time; it was built without, and its files stand where they stood.
    $ahead = if ($Configuration -eq 'Release') { @('-r', (dotnet msbuild $Project -getProperty:NETCoreSdkRuntimeIdentifier), '-p:AppendRuntimeIdentifierToOutputPath=false') }
    Invoke-Dotnet publish $Project -c $Configuration --no-build --nologo -v quiet -o $Path @ahead
    if ($IsLinux -and $ahead -and (dotnet msbuild $Project -getProperty:PublishNative -p:Configuration=$Configuration) -ne 'true') {
        Write-Host 'There is neither clang nor gcc here: what was built starts more slowly than machine code would.'
    }
}

# PowerShell shows topics as they are: headings in capitals, text indented and wrapped, no markdown.
function ConvertTo-HelpText([string[]] $Lines) {
    foreach ($line in $Lines) {
        $line = $line -replace '\[([^\]]+)\]\([^)]+\)', '$1'
        if ($line -match '^# (.+)$') { 'TOPIC'; "    $($Matches[1])" }
        elseif ($line -match '^## (.+)$') { $Matches[1].ToUpperInvariant() }
        elseif ($line -match '^### (.+)$') { "  $($Matches[1])" }
        elseif ($line -match '^    ' -or $line -eq '') { if ($line) { "    $line" } else { '' } }
        else {
            $line = $line -replace '`', '' -replace '\*([^*]+)\*', '$1'
            $indent = if ($line -match '^- ') { '      ' } else { '    ' }
            $current = '    '
            foreach ($word in $line -split ' ') {
                if ($current.Trim() -and $current.Length + $word.Length + 1 -gt 78) { $current; $current = $indent }
                $current += if ($current.Trim()) { " $word" } else { $word }
            }

            $current
        }
    }
}

function Publish-Topics([string] $Module) {
    $target = Join-Path $Module 'en-US'
    [void](New-Item -ItemType Directory -Path $target -Force)
    foreach ($topic in Get-ChildItem -Path (Join-Path $root 'docs/en-US/about_*')) {
        ConvertTo-HelpText (Get-Content -LiteralPath $topic.FullName) | Set-Content -LiteralPath (Join-Path $target ($topic.BaseName + '.help.txt'))
    }
}

# The cmdlets' help is made of docs/en-US and kept in module/en-US, since what makes it is a module that a user may lack.
function Update-CommandHelp {
    if (-not (Get-Module -ListAvailable Microsoft.PowerShell.PlatyPS)) {
        throw 'The help needs the module Microsoft.PowerShell.PlatyPS: Install-PSResource Microsoft.PowerShell.PlatyPS'
    }

    $target = Join-Path $root 'module/en-US'
    Write-Step "help -> $target"
    Import-Module Microsoft.PowerShell.PlatyPS
    $staging = Join-Path $output 'help'
    Clear-Folder $staging
    [void](New-Item -ItemType Directory -Path $staging, $target -Force)
    # A cmdlet's file has a verb and a noun; the topics have not.
    $help = @(Get-ChildItem -Path (Join-Path $root 'docs/en-US/*-*.md') | ForEach-Object { Import-MarkdownCommandHelp -LiteralPath $_.FullName })
    [void](Export-MamlCommandHelp -CommandHelp $help -OutputFolder $staging -Force)
    Get-ChildItem -LiteralPath $staging -Recurse -Filter '*-Help.xml' | Copy-Item -Destination $target -Force
    Clear-Folder $staging
}

function Invoke-Build {
    Assert-Dotnet
    Write-Step "build $Configuration"
    Invoke-Dotnet build $solution -c $Configuration --nologo -v quiet
    Publish-Output
}

# What a suite came to. Failures names what failed, as far as the suite can: Failed also counts what has no name.
function New-Count([int] $Passed = 0, [int] $Failed = 0, [object[]] $Skipped = @(), [object[]] $Failure = @()) {
    return [pscustomobject]@{ Passed = $Passed; Failed = $Failed; Skipped = @($Skipped | Where-Object { $_ }); Failures = @($Failure | Where-Object { $_ }) }
}

function New-Failure([string] $Suite, [string] $Reason) {
    return New-Count -Failed 1 -Failure ([pscustomobject]@{ Name = $Suite; Reason = $Reason })
}

# The counts of one .trx file: what VSTest calls executed leaves out the skipped ones, and notExecuted is always 0.
function Read-Trx([string] $Path, [string] $Suite) {
    $trx = [xml](Get-Content -LiteralPath $Path -Raw)
    $counters = $trx.TestRun.ResultSummary.Counters
    $namespaces = [System.Xml.XmlNamespaceManager]::new($trx.NameTable)
    $namespaces.AddNamespace('t', 'http://microsoft.com/schemas/VisualStudio/TeamTest/2010')
    $skipped = foreach ($result in $trx.SelectNodes('//t:UnitTestResult[@outcome="NotExecuted"]', $namespaces)) {
        $reason = $result.SelectSingleNode('t:Output/t:ErrorInfo/t:Message | t:Output/t:StdOut', $namespaces)
        [pscustomobject]@{ Name = "${Suite}: $($result.testName)"; Reason = if ($reason) { $reason.InnerText.Trim() -replace '\s+', ' ' } else { 'no reason given' } }
    }

    $failures = foreach ($result in $trx.SelectNodes('//t:UnitTestResult[@outcome="Failed"]', $namespaces)) {
        $reason = $result.SelectSingleNode('t:Output/t:ErrorInfo/t:Message', $namespaces)
        [pscustomobject]@{ Name = "${Suite}: $($result.testName)"; Reason = if ($reason) { $reason.InnerText.Trim() -replace '\s+', ' ' } else { 'no reason given' } }
    }

    $passed = [int]$counters.passed
    $failed = [int]$counters.failed + [int]$counters.error + [int]$counters.timeout + [int]$counters.aborted
    return New-Count -Passed $passed -Failed $failed -Skipped $skipped -Failure $failures
}

function Invoke-XunitSuite([string] $Project) {
    $suite = [System.IO.Path]::GetFileNameWithoutExtension($Project)
    Write-Step $suite
    $trx = Join-Path $resultsPath "$suite.trx"
    # The tests of the program run what was published, not what the compiler left beside them.
    $env:P2PSHARE_PROGRAM = Join-Path $cliPath "p2pshare$($IsWindows ? '.exe' : '')"
    & dotnet test $Project -c $Configuration --no-build --nologo -v quiet --results-directory $resultsPath --logger "trx;LogFileName=$suite.trx" --blame-hang-timeout 15m --blame-hang-dump-type none | Out-Host
    $exitCode = $LASTEXITCODE
    Remove-Item Env:P2PSHARE_PROGRAM
    $counts = if (Test-Path -LiteralPath $trx) { Read-Trx $trx $suite } else { New-Count }
    if ($exitCode -ne 0 -and $counts.Failed -eq 0) {
        # A suite that crashed counts its tests as passed up to there.
        $crash = New-Failure $suite "dotnet test ended with exit code $exitCode"
        $counts.Failed = $crash.Failed
        $counts.Failures = $crash.Failures
    }

    return $counts
}

function Get-Pester {
    $least = [version]'6.0.0'
    $find = { Get-Module -ListAvailable Pester | Where-Object { $_.Version -ge $least } | Sort-Object Version -Descending | Select-Object -First 1 }
    $found = & $find
    if ($found) { return $found }
    Write-Step 'installing Pester for this user'
    try {
        if (Get-Command Install-PSResource -ErrorAction Ignore) {
            Install-PSResource -Name Pester -Version '[6.0.0,7.0.0)' -Scope CurrentUser -TrustRepository -Quiet -ErrorAction Stop
        }
        else {
            Install-Module -Name Pester -MinimumVersion $least -Scope CurrentUser -Force -SkipPublisherCheck -ErrorAction Stop
        }
    }
    catch {
        Write-Host "Pester could not be installed: $($_.Exception.Message)"
    }

    return & $find
}

# Runs a suite that leaves its counts in a file; one that ends without it, or not at all, counts as a failure.
function Wait-Suite([string]$Name, [System.Diagnostics.ProcessStartInfo]$Start, [string]$ResultPath) {
    $process = [System.Diagnostics.Process]::Start($Start)
    if (-not $process.WaitForExit([timespan]::FromMinutes(30))) {
        Write-Host "${Name}: did not end within 30 minutes and was stopped."
        $process.Kill($true)
        $process.WaitForExit()
    }

    if (-not (Test-Path -LiteralPath $ResultPath)) {
        return New-Failure $Name "ended with exit code $($process.ExitCode) and without a result"
    }

    $read = Get-Content -LiteralPath $ResultPath -Raw | ConvertFrom-Json
    return New-Count -Passed $read.Passed -Failed $read.Failed -Skipped $read.Skipped -Failure $read.Failures
}

function Invoke-PesterSuite {
    $folder = Join-Path $root 'tests/module'
    $files = @(Get-ChildItem -Path (Join-Path $folder '*.Tests.ps1') -Recurse -ErrorAction Ignore)
    if ($files.Count -eq 0) { return New-Count }
    $pester = Get-Pester
    if (-not $pester) {
        return New-Count -Skipped ($files | ForEach-Object { [pscustomobject]@{ Name = "Pester: $($_.Name)"; Reason = 'Pester 6.0.0 or later is neither here nor obtainable' } })
    }

    Write-Step "Pester $($pester.Version)"
    # In a process of its own: a module that was imported stays loaded, and on Windows locked, to the end of the process.
    $result = Join-Path $resultsPath 'pester.json'
    $runner = Join-Path $root 'tests/tools/Invoke-ModuleTests.ps1'
    $shell = [Environment]::ProcessPath
    $first = @()
    if ([System.IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { $first = @((Join-Path $PSHOME 'pwsh.dll')) }
    $start = [System.Diagnostics.ProcessStartInfo]::new($shell)
    foreach ($argument in $first + @('-NoProfile', '-NonInteractive', '-File', $runner, '-Path', $folder, '-PesterPath', $pester.Path, '-ResultPath', $result)) { $start.ArgumentList.Add($argument) }
    return Wait-Suite 'Pester' $start $result
}

function Invoke-NetworkSuite {
    $python = Get-Command python3 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if ($IsWindows -or -not $python) {
        $reason = if ($IsWindows) { "network namespaces are Linux's" } else { 'there is no python3' }
        return New-Count -Skipped ([pscustomobject]@{ Name = 'network'; Reason = $reason })
    }

    Write-Step 'network'
    $result = Join-Path $resultsPath 'network.json'
    $start = [System.Diagnostics.ProcessStartInfo]::new($python.Path)
    foreach ($argument in (Join-Path $root 'tests/network/run.py'), '--program', (Join-Path $cliPath 'p2pshare'), '--result', $result) { $start.ArgumentList.Add($argument) }
    return Wait-Suite 'network' $start $result
}

function Invoke-Test {
    Invoke-Build
    Clear-Folder $resultsPath
    [void](New-Item -ItemType Directory -Path $resultsPath -Force)
    $all = @(foreach ($project in Get-ChildItem -Path (Join-Path $root 'tests/*/*.Tests.csproj') | Sort-Object Name) { Invoke-XunitSuite $project.FullName })
    $all += Invoke-PesterSuite
    $all += Invoke-NetworkSuite
    $passed = ($all | Measure-Object Passed -Sum).Sum
    $failed = ($all | Measure-Object Failed -Sum).Sum
    $skipped = @($all | ForEach-Object { $_.Skipped })
    # What was red is named on the log's last page too, and not only where it happened.
    foreach ($failure in $all | ForEach-Object { $_.Failures }) { Write-Host "Failed: $($failure.Name): $($failure.Reason)" }
    foreach ($skip in $skipped) { Write-Host "Skipped: $($skip.Name): $($skip.Reason)" }
    Write-Host "$passed passed, $failed failed, $($skipped.Count) skipped"
    if ($failed -gt 0 -or $passed -eq 0) { exit 1 }
}

function Invoke-Demo {
    Invoke-Build
    $program = Join-Path $cliPath 'p2pshare'
    if ($IsWindows) { $program += '.exe' }
    & $program demo @Arguments
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Invoke-Package {
    Invoke-Build
    . (Join-Path $root 'tools/Packaging.ps1')
    $version = Get-Version
    $packages = Join-Path $output 'packages'
    $staging = Join-Path $output 'staging'
    Clear-Folder $packages
    [void](New-Item -ItemType Directory -Path $packages, $staging -Force)
    # One package serves all kinds of machines.
    $portable = Join-Path $staging 'P2PShare'
    Publish-ModuleFolder $portable -ILOnly
    $package = New-ModulePackage $portable $packages
    Write-Step $package
    Test-ModulePackage $package $staging
    $own = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    foreach ($rid in @('linux-x64', 'linux-arm64', 'win-x64') + $own | Select-Object -Unique) {
        $archive = New-ProgramArchive $rid $version $packages $staging
        if ($archive) { Write-Step $archive }
    }

    Clear-Folder $staging
}

function Invoke-Docs {
    Update-CommandHelp
    if (-not (Test-Path -LiteralPath (Join-Path $modulePath 'P2PShare.PowerShell.dll'))) { Invoke-Build; return }
    Copy-Item -Path (Join-Path $root 'module/en-US') -Destination $modulePath -Recurse -Force
    Publish-Topics $modulePath
}

function Invoke-Bench {
    Invoke-Build
    $benchPath = Join-Path $output 'bench'
    Write-Step "peers to measure -> $benchPath"
    Publish-Program (Join-Path $root 'tests/P2PShare.Benchmarks.Processes') $benchPath
    $python = Get-Command python3 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $IsLinux -or -not $python) {
        Write-Host "Whole processes are not measured: $(if ($IsLinux) { 'there is no python3' } else { 'the harness looks at /proc' })."
    }
    else {
        $mode = if ($Quick) { @('--quick') } else { @('--document', (Join-Path $root 'docs/benchmarks.md')) }
        & $python.Path (Join-Path $root 'tests/bench/run.py') @mode @Arguments
        if ($LASTEXITCODE -ne 0) { throw 'Some rows were not measured.' }
    }

    if ($Quick) { return }
    $artifacts = Join-Path $output 'benchmarks'
    # An asterisk by itself PowerShell would replace by the names of the files here.
    Clear-Folder $artifacts
    Invoke-Dotnet run --project (Join-Path $root 'tests/P2PShare.Benchmarks') -c $Configuration --no-build -- --artifacts $artifacts --filter=*
    if (-not $python) { return }
    & $python.Path (Join-Path $root 'tests/bench/document.py') (Join-Path $artifacts 'results') (Join-Path $root 'docs/benchmarks.md')
    if ($LASTEXITCODE -ne 0) { throw 'The figures of the pieces were not written down.' }
}

function Invoke-Clean {
    Clear-Folder $output
    foreach ($project in Get-ChildItem -Path (Join-Path $root 'src/*/*.csproj'), (Join-Path $root 'tests/*/*.csproj')) {
        foreach ($folder in 'bin', 'obj', 'TestResults') { Clear-Folder (Join-Path $project.DirectoryName $folder) }
    }
}

$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
Push-Location -LiteralPath $root
try {
    switch ($Task) {
        'build' { Invoke-Build }
        'test' { Invoke-Test }
        'demo' { Invoke-Demo }
        'package' { Invoke-Package }
        'docs' { Invoke-Docs }
        'bench' { Invoke-Bench }
        'clean' { Invoke-Clean }
    }
}
catch {
    [Console]::Error.WriteLine("build.ps1 ${Task}: $($_.Exception.Message)")
    exit 1
}
finally {
    Pop-Location
}
