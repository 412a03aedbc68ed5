BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $state = Join-Path $TestDrive 'state'
}

AfterAll { Stop-TestPeers }

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
