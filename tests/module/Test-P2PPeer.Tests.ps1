BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $state = Join-Path $TestDrive 'state'
    $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $socket.Start(); $free = $socket.LocalEndpoint.Port; $socket.Stop()
}

AfterAll { Stop-TestPeers }

Describe 'Test-P2PPeer' {
    Context 'with running peers' {
        BeforeAll {
            $north = Start-TestPeer $swarm north $TestDrive
            $south = Start-TestPeer $swarm south $TestDrive -Join $north
            Wait-Until { @(Get-P2PPeer -Peer south).Count -eq 2 }
            $results = Test-P2PPeer south -Destination $TestDrive
        }
        AfterAll { Stop-TestPeers }

        It 'emits an object for each check' {
            $results | Should -BeOfType P2PShare.Engine.Diagnostics.CheckResult
            foreach ($name in 'Tls13', 'Certificate', 'Port', 'Firewall', 'Multicast', 'DiskSpace', 'Membership', 'DialBack', 'Clock', 'KnownAddress') { $results.Name | Should -Contain $name }
            $results | ForEach-Object { $_.Detail | Should -Not -BeNullOrEmpty; $_.Status | Should -BeIn 'Passed', 'Warning', 'Failed', 'Skipped' }
            $results.Peer | Select-Object -Unique | Should -Be 'south'
        }

        It 'is told by a member that it can be dialled, and what its clock says' {
            $back = $results | Where-Object Name -EQ DialBack
            $back.Status | Should -Be 'Passed'
            $back.Target | Should -Be 'north'
            ($results | Where-Object Name -EQ Clock).Status | Should -Be 'Passed'
            ($results | Where-Object Name -EQ KnownAddress).Target | Should -Contain "127.0.0.1:$($north.Port)"
        }

        It 'tests all peers of the process, and those from the pipe' {
            (Test-P2PPeer -Destination $TestDrive).Peer | Select-Object -Unique | Sort-Object | Should -Be 'north', 'south'
            (Get-P2PPeer north -Local | Test-P2PPeer).Peer | Select-Object -Unique | Should -Be 'north'
            ($south | Test-P2PPeer).Peer | Select-Object -Unique | Should -Be 'south'
        }

        It 'is one Boolean with -Quiet' {
            Test-P2PPeer -Quiet | Should -BeExactly $true
        }

        It 'complains of a peer that does not run here' {
            Test-P2PPeer nobody -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
            Test-P2PPeer nobody -Quiet -ErrorAction SilentlyContinue | Should -BeExactly $false
        }

        It 'has a table that says what to do' {
            $text = $results | Out-String -Width 200
            $text | Should -Match 'DialBack'
            $text | Should -Match 'Peer: south'
        }
    }

    Context 'without a running peer' {
        It 'looks at the machine' {
            $results = Test-P2PPeer -Port $free -ListenAddress 127.0.0.1 -StatePath $state
            ($results | Where-Object Name -EQ Tls13).Status | Should -Be 'Passed'
            ($results | Where-Object Name -EQ Port).Status | Should -Be 'Passed'
            ($results | Where-Object Name -EQ DialBack).Status | Should -Be 'Skipped'
            $results.Peer | Select-Object -Unique | Should -BeNullOrEmpty
        }

        It 'is false with -Quiet when the port is taken' {
            $taken = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $taken.Start()
            try { Test-P2PPeer -Port $taken.LocalEndpoint.Port -ListenAddress 127.0.0.1 -Quiet | Should -BeExactly $false }
            finally { $taken.Stop() }
        }

        It 'tests a swarm file with a peer of the moment' {
            $north = Start-TestPeer $swarm north $TestDrive
            $results = Test-P2PPeer -SwarmPath $swarm.SwarmPath -ConnectTo "127.0.0.1:$($north.Port)" -Port 0 -ListenAddress 127.0.0.1 -StatePath "$TestDrive/moment"
            ($results | Where-Object Name -EQ DialBack).Status | Should -Be 'Passed'
            ($results | Where-Object Name -EQ Membership).Status | Should -Be 'Passed'
            @(Get-P2PPeer -Local).Count | Should -Be 1
            Stop-P2PPeer north
        }

        It 'says which address does not answer' {
            $results = Test-P2PPeer -SwarmPath $swarm.SwarmPath -ConnectTo "127.0.0.1:$free" -Port 0 -ListenAddress 127.0.0.1 -StatePath "$TestDrive/moment" -TimeoutSec 1
            $known = $results | Where-Object { $_.Name -eq 'KnownAddress' -and $_.Target -eq "127.0.0.1:$free" }
            $known.Status | Should -Be 'Failed'
            $known.Recommendation | Should -Not -BeNullOrEmpty
        }

        It 'complains of a swarm file that is not there, and looks at the machine' {
            $results = Test-P2PPeer -SwarmPath "$TestDrive/nothing.pem" -Port 0 -ListenAddress 127.0.0.1 -ErrorAction SilentlyContinue -ErrorVariable problem
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'SwarmNotFound,*'
            ($results | Where-Object Name -EQ Certificate).Status | Should -Be 'Failed'
        }
    }
}
