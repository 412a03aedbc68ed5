BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $seen = [Collections.Concurrent.ConcurrentQueue[object]]::new()
    $north = Start-TestPeer $swarm north $TestDrive -With @{ DownloadLimit = 2000000 }
    $names = 'PeerJoined', 'PeerLeft', 'CoordinatorChanged', 'SharePublished', 'ShareWithdrawn', 'TransferProgress', 'TransferCompleted', 'TransferFailed', 'PeerRefused'
    foreach ($name in $names) {
        $null = Register-ObjectEvent $north $name -SourceIdentifier "p2p.$name" -MessageData @{ Name = $name; Seen = $seen } -Action {
            $Event.MessageData.Seen.Enqueue([pscustomobject]@{ Name = $Event.MessageData.Name; Args = $EventArgs; Sender = $Sender })
        }
    }

    function Wait-PeerEvent([string] $Name, [scriptblock] $Where = { $true }) {
        Wait-Until { $seen | Where-Object Name -EQ $Name | Where-Object $Where }
        @($seen | Where-Object Name -EQ $Name | Where-Object $Where)[0].Args
    }
}

AfterAll {
    Get-EventSubscriber | Where-Object SourceIdentifier -Like 'p2p.*' | Unregister-Event
    Get-Job | Where-Object Name -Like 'p2p.*' | Remove-Job -Force
    Stop-TestPeers
}

Describe 'The events of a peer job' {
    It 'are nine, for Register-ObjectEvent' {
        ($north | Get-Member -MemberType Event).Name | Where-Object { $_ -in $names } | Should -Be ($names | Sort-Object)
    }

    It 'tell of peers that join, publish, withdraw and leave' {
        $south = Start-TestPeer $swarm south $TestDrive -Join $north
        $joined = Wait-PeerEvent PeerJoined
        $joined | Should -BeOfType EventArgs
        $joined.Peer.Name | Should -Be 'south'
        $joined.Message | Should -Match 'south'
        $joined.Time.Kind | Should -Be 'Utc'

        $file = New-TestFile "$TestDrive/data/thing.bin" 3000000 4
        $null = Send-P2PFile $file.FullName -Peer south
        (Wait-PeerEvent SharePublished).Share.Name | Should -Be 'thing.bin'

        $null = Receive-P2PFile thing.bin "$TestDrive/into" -Peer north
        (Wait-PeerEvent TransferCompleted).Transfer.Name | Should -Be 'thing.bin'
        (Wait-PeerEvent TransferProgress).Transfer.PercentComplete | Should -BeGreaterOrEqual 0

        $null = New-TestFile "$TestDrive/taken/thing.bin" 5 5
        Receive-P2PFile thing.bin "$TestDrive/taken" -Peer north -ErrorAction SilentlyContinue
        $failed = Wait-PeerEvent TransferFailed
        $failed.ErrorId | Should -Be 'FileExists'
        $failed.Transfer.State | Should -Be 'Failed'

        Remove-P2PShare thing.bin -Peer south
        (Wait-PeerEvent ShareWithdrawn).Share.Name | Should -Be 'thing.bin'
        Stop-P2PPeer south
        (Wait-PeerEvent PeerLeft).Peer.Name | Should -Be 'south'
        @($seen | Where-Object { $_.Sender.PeerId -ne $north.PeerId }).Count | Should -Be 0
    }

    It 'tell when another coordinates the swarm' {
        # Who has more members stays, so north follows.
        $other = Start-TestPeer $swarm other $TestDrive
        $more = Start-TestPeer $swarm more $TestDrive -Join $other
        Wait-Until { @(Get-P2PPeer -Peer other).Count -eq 2 }
        Connect-P2PPeer "127.0.0.1:$($other.Port)" -Peer north | ForEach-Object Name | Should -Be 'other'
        (Wait-PeerEvent CoordinatorChanged { $_.Args.Peer.Name -in 'other', 'more' }).Message | Should -Not -BeNullOrEmpty
    }

    It 'tell of a stranger that was refused' {
        $stranger = Start-TestPeer (New-P2PSwarm -Name strangers -Path $TestDrive) stranger $TestDrive -Join $north
        (Wait-PeerEvent PeerRefused).Address | Should -Not -BeNullOrEmpty
        Stop-P2PPeer stranger
    }

    It 'are no more after the peer has stopped, and disturb nobody' {
        Stop-P2PPeer north
        $north.State | Should -Be 'Completed'
        $count = $seen.Count
        $count | Should -BeGreaterThan 8
    }
}
