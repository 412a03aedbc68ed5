BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $state = Join-Path $TestDrive 'state'
}

AfterAll { Stop-TestPeers }

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
