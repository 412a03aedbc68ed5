BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $root = Join-Path $PSScriptRoot '../..'

    # The text of a MAML file as a list of what a reader sees, whatever the white space in between.
    function Get-HelpText([string] $File) {
        [xml] $help = Get-Content -Raw -LiteralPath $File
        foreach ($command in $help.DocumentElement.SelectNodes("*")) {
            $name = $command.details.name
            foreach ($node in $command.SelectNodes('.//*[not(*)]')) { "${name}: $($node.LocalName): $($node.InnerText -replace '\s+', ' ')".Trim() }
        }
    }
}

Describe 'Scripts and data files' {
    It 'are clean for PSScriptAnalyzer' {
        if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { Set-ItResult -Skipped -Because 'the module PSScriptAnalyzer is not installed' }
        # In a process of its own: what the analyzer loads is not for the tests that follow.
        $script = "'build.ps1', 'tools', 'tests', 'module' | ForEach-Object { Invoke-ScriptAnalyzer -Path (Join-Path '$root' `$_) -Recurse -Settings '$root/PSScriptAnalyzerSettings.psd1' } | ForEach-Object { `"`$(`$_.ScriptName):`$(`$_.Line): `$(`$_.RuleName): `$(`$_.Message)`" }; 'analysed'"
        Invoke-Shell $script | Should -Be 'analysed'
    }
}

Describe 'The help that is built in' {
    It 'is that of docs/en-US: ./build.ps1 docs brings it up to date' {
        $made = Get-Module -ListAvailable Microsoft.PowerShell.PlatyPS | Select-Object -First 1
        if (-not $made) { Set-ItResult -Skipped -Because 'the module Microsoft.PowerShell.PlatyPS, which makes the help, is not installed' }
        $script = @"
Import-Module Microsoft.PowerShell.PlatyPS
`$help = @(Get-ChildItem '$root/docs/en-US/*-*.md' | ForEach-Object { Import-MarkdownCommandHelp -LiteralPath `$_.FullName })
`$null = Export-MamlCommandHelp -CommandHelp `$help -OutputFolder '$TestDrive/maml' -Force
"@
        Invoke-Shell $script
        $fresh = Get-HelpText (Get-ChildItem "$TestDrive/maml" -Recurse -Filter '*-Help.xml').FullName
        $kept = Get-HelpText "$root/module/en-US/P2PShare.PowerShell.dll-Help.xml"
        Compare-Object $kept $fresh -SyncWindow 20 | Select-Object -First 5 | ForEach-Object { "$($_.SideIndicator) $($_.InputObject)" } | Should -BeNullOrEmpty
    }

    It 'says something of every cmdlet, parameter and topic' {
        foreach ($command in Get-Command -Module P2PShare) {
            $help = Get-Help $command.Name -Full
            $help.Synopsis | Should -Not -Match "^\s*$($command.Name)" -Because $command.Name
            ($help.description | Out-String).Trim() | Should -Not -BeNullOrEmpty -Because $command.Name
            @($help.examples.example).Count | Should -BeGreaterOrEqual 2 -Because $command.Name
            $common = [Management.Automation.PSCmdlet]::CommonParameters
            $described = @($help.parameters.parameter | Where-Object { ($_.description | Out-String).Trim() }).name
            $command.Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin $described } | Should -BeNullOrEmpty -Because $command.Name
        }

        foreach ($topic in Get-ChildItem "$root/docs/en-US/about_*.md") {
            Join-Path (Get-Module P2PShare).ModuleBase "en-US/$($topic.BaseName).help.txt" | Should -Exist
        }
    }

    It 'prompts for what is mandatory with a word about it' {
        foreach ($command in Get-Command -Module P2PShare) {
            foreach ($parameter in $command.ParameterSets.Parameters | Where-Object { $_.IsMandatory }) {
                $parameter.HelpMessage | Should -Not -BeNullOrEmpty -Because "$($command.Name) -$($parameter.Name)"
            }
        }
    }
}

Describe 'The readme' {
    BeforeAll {
        $readme = Get-Content -Raw -LiteralPath "$root/README.md"
        $tour = [regex]::Match($readme, '(?s)## From PowerShell\s+```powershell\n(.*?)\n```').Groups[1].Value
    }

    It 'takes a tour that works as it stands, but for places and ports' {
        # Each machine of the tour is a peer here, and the lines of a paragraph are typed on its machine.
        $null = New-TestFile "$TestDrive/tour/one.iso" 5000 1
        $null = New-TestFile "$TestDrive/tour/big.iso" 400000 2
        $null = New-TestFile "$TestDrive/tour/build-42/app.bin" 3000 3
        $paragraphs = @($tour -split '\n\s*\n' | Where-Object { $_ -notmatch '^Import-Module' })
        $machines = 'home', 'first', 'other', 'taker', 'first'
        $paragraphs.Count | Should -Be $machines.Count
        $kept = $PSDefaultParameterValues.Clone()
        $PSDefaultParameterValues.Clear()
        $PSDefaultParameterValues['Start-P2PPeer:StatePath'] = "$TestDrive/tour-state"
        $PSDefaultParameterValues['Start-P2PPeer:ListenAddress'] = '127.0.0.1'
        $PSDefaultParameterValues['Start-P2PPeer:NoDiscovery'] = $true
        $PSDefaultParameterValues['Start-P2PPeer:Port'] = 0
        $said = @{}
        Push-Location "$TestDrive/tour"
        try {
            for ($i = 0; $i -lt $paragraphs.Count; $i++) {
                foreach ($line in $paragraphs[$i] -split '\n' | Where-Object { $_ -and $_ -notmatch '^#' }) {
                    $machine = $machines[$i]
                    # "... one console sends": the first machine does.
                    if ($machine -eq 'taker' -and $line -match '^Send-') { $machine = 'first' }
                    $PSDefaultParameterValues['Start-P2PPeer:Name'] = $machine
                    $PSDefaultParameterValues['*-P2P[FST]*:Peer'] = $machine
                    foreach ($command in 'Get-P2PPeer', 'Export-P2PReport', 'Stop-P2PPeer', 'Test-P2PPeer') { $PSDefaultParameterValues["${command}:Peer"] = $machine }
                    $text = $line -replace '\bfirst:5000\b', "127.0.0.1:$((Get-Job | Where-Object { $_.PSJobTypeName -eq 'PeerJob' -and $_.Name -eq 'first' }).Port)"
                    $text = $text -replace 'D:\\images\\build-42', (Join-Path $TestDrive 'tour/build-42') -replace 'D:\\(\w+)', (Join-Path $TestDrive 'got-$1')
                    if ($line -match '^Receive-') { Wait-Until { @(Get-P2PShare *.iso -Peer $machine).Count -eq 2 } }
                    if ($line -match '^Start-' -and $machine -eq 'taker') { Wait-Until { @(Get-P2PPeer -Peer first).Count -eq 2 } }
                    if ($line -match '^Send-.* -To \*') { Wait-Until { @(Get-P2PPeer -Peer first).Count -eq 3 } }
                    # The other one takes nothing that is pushed: it is asked to by hand, as its administrator would.
                    if ($line -match '-To \*') { Stop-P2PPeer other; Wait-Until { @(Get-P2PPeer -Peer first).Count -eq 2 } }
                    $ErrorActionPreference = 'Stop'
                    try { $said[$line -replace '\s+#.*'] = @(& ([scriptblock]::Create($text))) }
                    catch { throw "${line}: $_" }
                }
            }
        }
        finally {
            Pop-Location
            $PSDefaultParameterValues.Clear()
            foreach ($key in $kept.Keys) { $PSDefaultParameterValues[$key] = $kept[$key] }
            Stop-TestPeers
        }

        "$TestDrive/tour/lab.swarm.pem" | Should -Exist
        $said['Receive-P2PFile *.iso -Destination D:\images | Get-FileHash'].Hash | Sort-Object | Should -Be ((Get-ChildItem "$TestDrive/tour/*.iso" | Get-FileHash).Hash | Sort-Object)
        "$TestDrive/got-incoming/build-42/app.bin" | Should -Exist
        $said['Get-P2PPeer'].Name | Should -Contain 'taker'
        $said['Get-P2PShare'].Name | Should -Contain 'big.iso'
        $said['Get-P2PTransfer -Share big.iso -AllPeers'] | Should -Not -BeNullOrEmpty
        $said['Test-P2PPeer'].Name | Should -Contain 'Tls13'
        "$TestDrive/tour/report.html" | Should -Exist
    }

    It 'names commands and options of the program that there are' {
        $program = Join-Path (Get-Module P2PShare).ModuleBase "../cli/p2pshare$($IsWindows ? '.exe' : '')"
        if (-not (Test-Path -LiteralPath $program)) { Set-ItResult -Skipped -Because "the program is not beside the module ($program)" }
        $lines = [regex]::Matches($readme, '(?m)^p2pshare .*$').Value -replace '\s+#.*'
        $lines.Count | Should -BeGreaterThan 10
        $help = @{}
        foreach ($line in $lines) {
            $words = $line -split '\s+'
            $command = $words[1..($words[1] -in 'swarm', 'cert' ? 2 : 1)]
            $help["$command"] ??= (& $program @command --help) -join "`n"
            foreach ($option in $words | Where-Object { $_ -like '--*' }) { $help["$command"] | Should -Match "(?m)[\s,]$option\b" -Because $line }
        }
    }
}
