BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/Shares.ps1"
}

AfterAll { Stop-TestPeers }

Describe 'Get-P2PShare' {
    It 'lists each share once, though two local peers know it' {
        (Get-P2PShare).Name | Sort-Object | Should -Be ('[x].txt', 'one.iso', 'tree', 'two.iso' | Sort-Object)
    }

    It 'lists what one peer knows, in objects that carry its id' {
        $shares = Get-P2PShare -Peer south
        $shares | Should -BeOfType P2PShare.Engine.Catalogue.ShareInfo
        $shares.PeerId | Select-Object -Unique | Should -Be $south.PeerId
        $shares.Publisher | Select-Object -Unique | Should -Be 'north'
        $shares.IsLocal | Select-Object -Unique | Should -BeFalse
    }

    It 'finds by name, wildcard, info-hash and publisher' {
        (Get-P2PShare ONE.iso).Length | Should -Be 40000
        (Get-P2PShare *.iso).Name | Should -Be 'one.iso', 'two.iso'
        (Get-P2PShare '[ot]*.iso').Name | Should -Be 'one.iso', 'two.iso'
        (Get-P2PShare ($sent | Where-Object Name -EQ 'tree').InfoHash).Name | Should -Be 'tree'
        (Get-P2PShare -InfoHash ($sent | Where-Object Name -EQ 'tree').InfoHash).Name | Should -Be 'tree'
        @(Get-P2PShare -Publisher north).Count | Should -Be 4
        Get-P2PShare -Publisher south | Should -BeNullOrEmpty
    }

    It 'finds a name that looks like a wildcard' {
        (Get-P2PShare '[x].txt').Name | Should -Be '[x].txt'
    }

    It 'complains of a name that is not there, and says nothing of a wildcard' {
        Get-P2PShare nothing, two.iso -ErrorAction SilentlyContinue -ErrorVariable problem | ForEach-Object Name | Should -Be 'two.iso'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be 'nothing'
        Get-P2PShare *.nothing -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'takes its own objects from the pipe, also after Export-Clixml' {
        (Get-P2PShare one.iso -Peer south | Get-P2PShare).PeerId | Should -Be $south.PeerId
        Get-P2PShare one.iso -Peer south | Export-Clixml "$TestDrive/share.xml"
        $again = Import-Clixml "$TestDrive/share.xml" | Get-P2PShare
        $again.Name | Should -Be 'one.iso'
        $again.PeerId | Should -Be $south.PeerId
        "$(Import-Clixml "$TestDrive/share.xml")" | Should -Be $again.InfoHash
    }

    It 'takes a local peer from the pipe' {
        (Get-P2PPeer south -Local | Get-P2PShare two.iso).PeerId | Should -Be $south.PeerId
        ($south | Get-P2PShare two.iso).PeerId | Should -Be $south.PeerId
    }

    It 'fits a table of 120 columns with readable sizes' {
        $table = Get-P2PShare | Format-Table | Out-String -Width 120
        $table | Should -Match '39\.1 KB'
        $table | Should -Match 'north'
    }
}

Describe 'A peer that cannot join' {
    AfterEach { Get-P2PPeer lost -Local | Stop-P2PPeer }

    It 'is an error after -TimeoutSec, never an empty catalogue' {
        # Nobody listens on the port of a peer that was stopped.
        $gone = Start-TestPeer $swarm gone $TestDrive
        $gone | Stop-P2PPeer
        $null = Start-TestPeer $swarm lost $TestDrive -Join $gone
        Get-P2PShare -Peer lost -TimeoutSec 1 -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SwarmNotJoined,*'
        $problem[0].Exception.Message | Should -Match ":$($gone.Port)"
    }
}
