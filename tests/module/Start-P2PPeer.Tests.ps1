BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $state = Join-Path $TestDrive 'state'
}

AfterAll { Stop-TestPeers }

Describe 'Start-P2PPeer' {
    AfterEach { Stop-TestPeers }

    It 'returns a running job that Get-Job sees' {
        $job = Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state
        $job | Should -BeOfType P2PShare.PowerShell.Jobs.PeerJob
        $job.State | Should -Be 'Running'
        $job.Name | Should -Be 'north'
        $job.PeerId | Should -Match '^[0-9a-f]{64}$'
        $job.Port | Should -BeGreaterThan 0
        $job.SwarmName | Should -Be 'lab'
        (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
        [Net.Sockets.TcpClient]::new('127.0.0.1', $job.Port).Dispose()
    }

    It 'takes the swarm from the pipe' {
        ($swarm | Start-P2PPeer -Name north -Port 0 -NoDiscovery -StatePath $state).State | Should -Be 'Running'
        (Get-Item $swarm.SwarmPath | Start-P2PPeer -Name south -Port 0 -NoDiscovery -StatePath $state).State | Should -Be 'Running'
    }

    It 'takes a swarm object where a path is wanted' {
        (Start-P2PPeer -SwarmPath $swarm -Name north -Port 0 -NoDiscovery -StatePath $state).State | Should -Be 'Running'
    }

    It 'is the same peer when it starts again' {
        $first = Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state
        $first | Stop-P2PPeer
        (Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state).PeerId | Should -Be $first.PeerId
    }

    It 'starts with a certificate of its own' {
        $own = New-P2PPeerCertificate -Name web1 -AdminPath $swarm.AdminPath -Path $TestDrive -Force
        $job = $own | Start-P2PPeer -Port 0 -NoDiscovery -StatePath $state
        $job.Name | Should -Be 'web1'
    }

    It 'does nothing with -WhatIf' {
        Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state -WhatIf | Should -BeNullOrEmpty
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'refuses a name that is taken, and says by which process' {
        $null = Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state
        $e = { Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAlreadyRunning,*'
        $e.Exception.Message | Should -Match "\b$PID\b"
    }

    It 'refuses a port that is taken when it was asked for by number' {
        $first = Start-P2PPeer $swarm.SwarmPath -Name north -Port 0 -NoDiscovery -StatePath $state
        $e = { Start-P2PPeer $swarm.SwarmPath -Name south -Port $first.Port -NoDiscovery -StatePath $state } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        @(Get-P2PPeer -Local).Name | Should -Be 'north'
    }

    It 'says which file to copy from where when it is to join without a swarm file' {
        $e = { Start-P2PPeer -ConnectTo [::1]:5000 -NoDiscovery -StatePath $state } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'SwarmNotFound,*'
        $e.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $e.TargetObject | Should -Be '[::1]:5000'
        $e.Exception.Message | Should -Match ([regex]::Escape('[::1]:5000'))
        $e.Exception.Message | Should -Match '\.swarm\.pem'
        $e.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'refuses <What> with <Id>' -ForEach @(
        @{ What = 'a file that is not there'; Id = 'SwarmNotFound'; File = { "$TestDrive/nothing.pem" } }
        @{ What = 'the admin file'; Id = 'SwarmFileIsAdmin'; File = { $swarm.AdminPath } }
        @{ What = 'a file that is no PEM'; Id = 'SwarmFileInvalid'; File = { 'x' | Set-Content "$TestDrive/bad.pem"; if (-not $IsWindows) { chmod 600 "$TestDrive/bad.pem" }; "$TestDrive/bad.pem" } }
    ) {
        $path = & $File
        $e = { Start-P2PPeer $path -Port 0 -NoDiscovery -StatePath $state } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike "$Id,*"
    }

    It 'refuses a swarm file that others may read, unless forced' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'there the rights are lists, not modes' }
        $open = Copy-Item $swarm.SwarmPath "$TestDrive/open.swarm.pem" -PassThru
        chmod 644 $open.FullName
        $e = { Start-P2PPeer $open.FullName -Port 0 -NoDiscovery -StatePath $state } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'SwarmFileNotPrivate,*'
        "$($e.Exception.Message) $($e.ErrorDetails.RecommendedAction)" | Should -Match 'chmod'
        (Start-P2PPeer $open.FullName -Name north -Port 0 -NoDiscovery -StatePath $state -Force).State | Should -Be 'Running'
    }

    It 'makes the default swarm on first use, with a warning that names the file' {
        # In a process of its own, whose home is empty.
        $user = Join-Path $TestDrive 'home'
        $null = New-Item -ItemType Directory $user
        $script = @"
`$ErrorActionPreference = 'Stop'
Import-Module '$(Get-TestedManifest)'
`$first = Start-P2PPeer -Port 0 -NoDiscovery -StatePath '$user/state' -WarningVariable w -WarningAction SilentlyContinue
`$swarm = Get-P2PSwarm
Stop-P2PPeer
`$null = Start-P2PPeer -Port 0 -NoDiscovery -StatePath '$user/state' -WarningVariable again -WarningAction SilentlyContinue
Stop-P2PPeer
[pscustomobject]@{ Warning = "`$w"; Again = "`$again"; Path = `$swarm.SwarmPath; Name = `$first.SwarmName } | ConvertTo-Json -Compress
"@
        $environment = @{ HOME = $user; XDG_CONFIG_HOME = "$user/config"; XDG_STATE_HOME = "$user/xstate"; XDG_DATA_HOME = "$user/data"; APPDATA = $user; LOCALAPPDATA = $user; USERPROFILE = $user }
        $saved = @{}
        foreach ($name in $environment.Keys) { $saved[$name] = [Environment]::GetEnvironmentVariable($name); [Environment]::SetEnvironmentVariable($name, $environment[$name]) }
        try { $answer = Invoke-Shell $script | Select-Object -Last 1 | ConvertFrom-Json }
        finally { foreach ($name in $saved.Keys) { [Environment]::SetEnvironmentVariable($name, $saved[$name]) } }
        $answer.Path | Should -Exist
        $answer.Path | Should -BeLike "$user*"
        $answer.Warning | Should -Match ([regex]::Escape($answer.Path))
        $answer.Again | Should -Not -Match ([regex]::Escape($answer.Path))
    }
}
