BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Start-TestPeer $swarm lone $TestDrive
}

AfterAll { Stop-TestPeers }

Describe 'Connect-P2PPeer' {
    It 'tells who answers, who is then in the roster' {
        $met = Connect-P2PPeer "127.0.0.1:$($north.Port)" -Peer lone
        $met | Should -BeOfType P2PShare.Engine.Membership.PeerInfo
        $met.Name | Should -Be 'north'
        (Get-P2PPeer -Peer lone).Name | Should -Contain 'north'
    }

    It 'complains of each address that does not answer, or is none' {
        $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $socket.Start(); $free = $socket.LocalEndpoint.Port; $socket.Stop()
        Connect-P2PPeer "127.0.0.1:$free", 'not an address' -Peer lone -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $ids = $problem.FullyQualifiedErrorId | Sort-Object
        $ids[0] | Should -BeLike 'InvalidAddress,*'
        $ids[1] | Should -BeLike 'PeerUnreachable,*'
        $problem.TargetObject | Should -Contain "127.0.0.1:$free"
        $problem.CategoryInfo.Category | Should -Contain 'ConnectionError'
    }

    It 'does nothing with -WhatIf' {
        Connect-P2PPeer 127.0.0.1:1 -Peer lone -WhatIf | Should -BeNullOrEmpty
    }
}
