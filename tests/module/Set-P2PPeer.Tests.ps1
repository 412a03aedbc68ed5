BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $big = New-TestFile "$TestDrive/data/big.bin" 6000000 3
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Send-P2PFile $big.FullName -Peer north
    $south = Start-TestPeer $swarm south $TestDrive -Join $north -With @{ DownloadLimit = 100KB }
}

AfterAll { Stop-TestPeers }

Describe 'Set-P2PPeer' {
    It 'changes one limit and leaves the other' {
        Set-P2PPeer north -UploadLimit 10MB | Should -BeNullOrEmpty
        $now = Set-P2PPeer north -DownloadLimit 5MB -PassThru
        $now | Should -BeOfType P2PShare.Engine.Membership.PeerInfo
        $now.UploadLimit | Should -Be 10MB
        $now.DownloadLimit | Should -Be 5MB
    }

    It 'takes 0 and $null for no limit' {
        (Set-P2PPeer north -UploadLimit 0 -PassThru).UploadLimit | Should -BeNullOrEmpty
        (Set-P2PPeer north -DownloadLimit $null -PassThru).DownloadLimit | Should -BeNullOrEmpty
    }

    It 'takes peers and jobs from the pipe' {
        (Get-P2PPeer -Local | Set-P2PPeer -UploadLimit 7MB -PassThru).UploadLimit | Should -Be 7MB, 7MB
        ($north, $south | Set-P2PPeer -UploadLimit 0 -PassThru).Name | Should -Be 'north', 'south'
    }

    It 'changes the limits of one transfer, and leaves those of the peer' {
        Set-P2PPeer south -DownloadLimit 100KB
        $job = Receive-P2PFile big.bin "$TestDrive/into" -Peer south -AsJob
        Wait-Until { $job.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId).BytesCompleted -gt 0 }
        $transfer = Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId
        $now = $transfer | Set-P2PPeer -DownloadLimit 50KB -PassThru
        $now | Should -BeOfType P2PShare.Engine.Transfers.TransferInfo
        $now.DownloadLimit | Should -Be 50KB
        $now.UploadLimit | Should -BeNullOrEmpty
        (Get-P2PPeer south -Local).DownloadLimit | Should -Be 100KB
        (Set-P2PPeer -Transfer $transfer.TransferId -DownloadLimit 60KB -PassThru).DownloadLimit | Should -Be 60KB
        (Set-P2PPeer -Transfer $transfer -UploadLimit 1MB -DownloadLimit 0 -PassThru).DownloadLimit | Should -BeNullOrEmpty
        Set-P2PPeer south -DownloadLimit 0
        $done = $job | Receive-Job -Wait -AutoRemoveJob
        $done.State | Should -Be 'Completed'
    }

    It 'changes nothing with -WhatIf' {
        Set-P2PPeer north -UploadLimit 3MB -WhatIf
        (Get-P2PPeer north -Local).UploadLimit | Should -BeNullOrEmpty
    }

    It 'complains when nothing is to be changed, of a negative limit, and of what is not there' {
        $e = { Set-P2PPeer north } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'LimitInvalid,*'
        $e = { Set-P2PPeer north -UploadLimit -5 } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'LimitInvalid,*'
        $e = { Set-P2PPeer nobody -UploadLimit 5 -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
        $e = { Set-P2PPeer -Transfer nothing -UploadLimit 5 -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'TransferNotFound,*'
        Set-P2PPeer -Transfer *.nothing -UploadLimit 5 -ErrorAction Stop
    }
}

Describe 'Limits of single transfers' {
    It 'are given when a share is published, and when it is received' {
        $null = New-TestFile "$TestDrive/data/limited.bin" 300000 9 | Send-P2PFile -Peer north -UploadLimit 5MB
        (Get-P2PTransfer limited.bin -Peer north).UploadLimit | Should -Be 5MB
        $received = Receive-P2PFile limited.bin "$TestDrive/limited" -Peer south -Wait -DownloadLimit 2MB -UploadLimit 1MB
        $received.DownloadLimit | Should -Be 2MB
        $received.UploadLimit | Should -Be 1MB
    }
}
