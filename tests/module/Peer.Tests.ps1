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

Describe 'The job of a peer' {
    AfterEach { Stop-TestPeers }

    It 'streams the events of the peer' {
        $north = Start-TestPeer $swarm north $TestDrive
        $south = Start-TestPeer $swarm south $TestDrive -Join $north
        $events = [Collections.Generic.List[object]]::new()
        Wait-Until { Receive-Job $north | ForEach-Object { $events.Add($_) }; $events.Where({ $_.Kind -eq 'PeerJoined' }) }
        $events[0] | Should -BeOfType P2PShare.Engine.PeerEvent
        $events.Where({ $_.Kind -eq 'PeerJoined' })[0].Peer.Name | Should -Be 'south'
        $south | Stop-P2PPeer
        Wait-Until { Receive-Job $north | ForEach-Object { $events.Add($_) }; $events.Where({ $_.Kind -eq 'PeerLeft' }) }
        $events.Where({ $_.Kind -eq 'PeerLeft' })[0].Peer.Name | Should -Be 'south'
    }

    It 'is Completed after Stop-P2PPeer' {
        $job = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer north
        $job.State | Should -Be 'Completed'
        Get-P2PPeer -Local | Should -BeNullOrEmpty
        { [Net.Sockets.TcpClient]::new('127.0.0.1', $job.Port).Dispose() } | Should -Throw
    }

    It 'is Stopped after Stop-Job, and the peer is gone' {
        $job = Start-TestPeer $swarm north $TestDrive
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'takes the peer with it when it is removed by force' {
        $job = Start-TestPeer $swarm north $TestDrive
        Remove-Job $job -Force
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'is Failed when the engine fails, and says why' {
        $job = Start-TestPeer $swarm failing $TestDrive
        # Nothing from outside brings that about: what the engine does when its membership fails is called.
        $any = [Reflection.BindingFlags]'Instance, Public, NonPublic'
        $peer = $job.GetType().GetProperty('Peer', $any).GetValue($job)
        $engine = $peer.GetType().GetProperty('Engine', $any).GetValue($peer)
        $null = ($engine.GetType().GetMethods($any) | Where-Object Name -Like '*IMembershipEvents.OnFault').Invoke($engine, @([IO.IOException]::new('the end of the test peer')))
        $null = Wait-Job $job -Timeout 30
        $job.State | Should -Be 'Failed'
        "$($job.Error)" | Should -BeLike '*the end of the test peer*'
        @(Get-P2PPeer failing -Local -ErrorAction Ignore).Count | Should -Be 0
        Remove-Job $job
    }

    It 'ends Wait-Job when the peer is stopped' {
        $job = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer $job
        (Wait-Job $job -Timeout 5).InstanceId | Should -Be $job.InstanceId
    }
}

Describe 'Stop-P2PPeer' {
    AfterEach { Stop-TestPeers }

    It 'implies the only peer' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'does not guess among several' {
        $null = Start-TestPeer $swarm north $TestDrive
        $null = Start-TestPeer $swarm south $TestDrive
        $e = { Stop-P2PPeer } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
        @(Get-P2PPeer -Local).Count | Should -Be 2
    }

    It 'complains when none runs' {
        $e = { Stop-P2PPeer } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'NoPeerRunning,*'
    }

    It 'takes names, wildcards, objects and jobs' {
        $jobs = foreach ($name in 'a', 'b1', 'b2', 'c', 'd', 'e') { Start-TestPeer $swarm $name $TestDrive }
        Stop-P2PPeer a
        Stop-P2PPeer b*
        Get-P2PPeer c -Local | Stop-P2PPeer
        $jobs[4] | Stop-P2PPeer
        @(Get-P2PPeer -Local).Name | Should -Be 'e'
        Stop-P2PPeer $jobs[5].PeerId -PassThru | ForEach-Object Name | Should -Be 'e'
    }

    It 'complains of each name that does not run, and goes on' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer nobody, north -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
        $problem[0].TargetObject | Should -Be 'nobody'
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer -WhatIf
        @(Get-P2PPeer -Local).Count | Should -Be 1
    }
}

Describe 'Get-P2PPeer' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $south = Start-TestPeer $swarm south $TestDrive -Join $north
        Wait-Until { @(Get-P2PPeer -Peer north).Count -eq 2 -and @(Get-P2PPeer -Peer south).Count -eq 2 }
    }
    AfterAll { Stop-TestPeers }

    It 'lists the roster once, whatever local peers see it' {
        $roster = Get-P2PPeer
        $roster.Name | Should -Be 'north', 'south'
        $roster | Should -BeOfType P2PShare.Engine.Membership.PeerInfo
        $roster.IsLocal | Should -Be $true, $true
        $roster.State | Should -Be 'Joined', 'Joined'
        @($roster.Role) | Should -Contain 'Coordinator'
        $roster[0].Addresses[0] | Should -BeExactly "127.0.0.1:$($roster[0].Addresses[0] -replace '.*:')"
    }

    It 'says how much room there is, also in the list' {
        # Without folders of their own for what comes in, it is that of their state.
        $disk = [IO.DriveInfo]::new($TestDrive)
        (Get-P2PPeer).FreeSpace | ForEach-Object { $_ | Should -BeGreaterThan 0; $_ | Should -BeLessOrEqual $disk.TotalSize }
        Get-P2PPeer north | Format-List | Out-String | Should -Match 'FreeSpace\s*:\s*\d+[.,]\d [KMGTP]B'
    }

    It 'finds by name, wildcard and id' {
        (Get-P2PPeer NORTH).PeerId | Should -Be $north.PeerId
        (Get-P2PPeer s*).Name | Should -Be 'south'
        (Get-P2PPeer -PeerId $south.PeerId).Name | Should -Be 'south'
        Get-P2PPeer x* | Should -BeNullOrEmpty
    }

    It 'complains of a name that is not there' {
        Get-P2PPeer nobody -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
        $problem[0].TargetObject | Should -Be 'nobody'
    }

    It 'takes jobs from the pipe by peer id' {
        ($south | Get-P2PPeer).Name | Should -Be 'south'
    }

    It 'turns into its name where text is wanted' {
        "$(Get-P2PPeer north)" | Should -Be 'north'
    }

    It 'is found again after Export-Clixml' {
        Get-P2PPeer south | Export-Clixml "$TestDrive/peer.xml"
        (Import-Clixml "$TestDrive/peer.xml" | Get-P2PPeer).Name | Should -Be 'south'
        (Get-P2PPeer -Peer (Import-Clixml "$TestDrive/peer.xml")).Name | Should -Be 'north', 'south'
    }

    It 'shows the peers of this process to other runspaces' {
        $path = Get-TestedManifest
        1 | ForEach-Object -Parallel { Import-Module $using:path; (Get-P2PPeer -Local).Name } | Should -Be 'north', 'south'
    }

    It 'takes no process for a peer' {
        [Diagnostics.Process]::GetCurrentProcess() | Get-P2PPeer -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InputObjectNotBound,*'
    }
}

Describe 'A peer started in -Parallel' {
    AfterEach { Stop-TestPeers }

    It 'outlives its runspace' {
        $path = Get-TestedManifest
        $file = $swarm.SwarmPath
        1 | ForEach-Object -Parallel { Import-Module $using:path; Start-P2PPeer $using:file -Name far -Port 0 -NoDiscovery -StatePath $using:state } | Out-Null
        (Get-P2PPeer -Local).Name | Should -Be 'far'
        Stop-P2PPeer far
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }
}

Describe 'Removing the module' {
    It 'stops the peers' {
        $script = @"
Import-Module '$(Get-TestedManifest)'
`$job = Start-P2PPeer '$($swarm.SwarmPath)' -Name leaving -Port 0 -NoDiscovery -StatePath '$state'
Remove-Module P2PShare
"`$(`$job.State)"
"@
        Invoke-Shell $script | Select-Object -Last 1 | Should -Be 'Completed'
    }
}
