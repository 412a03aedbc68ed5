BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $big = New-TestFile "$TestDrive/data/big.bin" 6000000 3
    $small = New-TestFile "$TestDrive/data/small.bin" 1000 4
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Send-P2PFile $big.FullName, $small.FullName -Peer north
    $slow = Start-TestPeer $swarm slow $TestDrive -Join $north -With @{ DownloadLimit = 100000 }
    $idle = Start-TestPeer $swarm idle $TestDrive -Join $north
    $job = Receive-P2PFile big.bin "$TestDrive/into" -Peer slow -AsJob
    Wait-Until { $job.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId).BytesCompleted -gt 0 }

    function Get-Progress([string] $Through = 'idle') { Get-P2PTransfer -Share big.bin -AllPeers -Peer $Through }
}

AfterAll {
    Get-P2PTransfer big.bin -Peer slow | Stop-P2PTransfer
    Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Remove-Job -Force
    Stop-TestPeers
}

Describe 'Get-P2PTransfer -AllPeers' {
    It 'shows each peer: who has all of it, who is on the way and how fast, who has nothing' {
        Wait-Until { (Get-Progress | Where-Object PeerName -EQ 'slow').DownloadRate -gt 0 }
        $progress = Get-Progress
        $progress | Should -BeOfType P2PShare.Engine.Membership.PeerProgress
        $progress.PeerName | Should -Be 'idle', 'north', 'slow'
        $progress.State | Should -Be 'None', 'Complete', 'Receiving'
        $progress[1].PercentComplete | Should -Be 100
        $progress[2].PercentComplete | Should -BeGreaterThan 0
        $progress[2].PercentComplete | Should -BeLessThan 100
        "$($progress[2])" | Should -Be 'slow'
    }

    It 'tells of a suspended transfer that it is' {
        Get-P2PTransfer big.bin -Peer slow | Suspend-P2PTransfer
        Wait-Until { (Get-Progress north | Where-Object PeerName -EQ 'slow').State -eq 'Suspended' }
        Get-P2PTransfer big.bin -Peer slow | Resume-P2PTransfer
        Wait-Until { (Get-Progress north | Where-Object PeerName -EQ 'slow').State -eq 'Receiving' }
    }

    It 'takes shares from the pipe, wildcards and info-hashes; each swarm is asked once' {
        @(Get-P2PShare small.bin -Peer idle | Get-P2PTransfer -AllPeers).Count | Should -Be 3
        (Get-P2PTransfer -Share *.bin -AllPeers).ShareName | Select-Object -Unique | Should -Be 'big.bin', 'small.bin'
        @(Get-P2PTransfer -Share (Get-P2PShare small.bin -Peer idle).InfoHash -AllPeers).Count | Should -Be 3
    }

    It 'complains of a share that is not there, and says nothing of a wildcard' {
        $e = { Get-P2PTransfer -Share nothing -AllPeers -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $e.TargetObject | Should -Be 'nothing'
        Get-P2PTransfer -Share *.nothing -AllPeers -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'needs a share' {
        (Get-Command Get-P2PTransfer).ParameterSets | Where-Object { $_.Parameters.Name -contains 'AllPeers' } | ForEach-Object { ($_.Parameters | Where-Object Name -In 'Share', 'InfoHash').IsMandatory | Should -BeTrue }
    }

    It 'shows a table with readable numbers, and a list' {
        $table = Get-Progress | Format-Table | Out-String -Width 120
        $table | Should -Match 'Share: big\.bin'
        $table | Should -Match 'north\s+Complete\s+100 %'
        Get-Progress | Format-List | Out-String | Should -Match 'PeerName\s*:\s*north'
    }

    It 'survives Export-Clixml' {
        Get-Progress | Export-Clixml "$TestDrive/progress.xml"
        (Import-Clixml "$TestDrive/progress.xml").PeerName | Should -Be 'idle', 'north', 'slow'
    }
}
