BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $null = New-TestFile "$TestDrive/data/one.iso" 300000 1
    $null = New-TestFile "$TestDrive/data/two.iso" 40000 2
    $big = New-TestFile "$TestDrive/big/big.bin" 6000000 3
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Get-ChildItem "$TestDrive/data", $big.FullName | Send-P2PFile -Peer north
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    # So slow that its transfers end only when they are stopped.
    $slow = Start-TestPeer $swarm slow $TestDrive -Join $north -With @{ DownloadLimit = 100000 }

    function New-Into { Join-Path $TestDrive ('into' + [guid]::NewGuid().ToString('N')) }

    function Start-SlowJob {
        $job = Receive-P2PFile big.bin (New-Into) -Peer slow -AsJob
        Wait-Until { $job.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId -Peer slow).State -eq 'Transferring' }
        $job
    }
}

AfterAll {
    Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Remove-Job -Force
    Stop-TestPeers
}

Describe 'Receive-P2PFile -AsJob' {
    It 'returns a job with a child for each share, whose output is what the cmdlet would write' {
        $job = Receive-P2PFile *.iso (New-Into) -Peer south -AsJob
        $job | Should -BeOfType System.Management.Automation.Job
        $job.PSJobTypeName | Should -Be 'TransferJob'
        $job.ChildJobs.Name | Sort-Object | Should -Be 'one.iso', 'two.iso'
        $job.ChildJobs.PeerId | Select-Object -Unique | Should -Be $south.PeerId
        (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
        (Wait-Job $job -Timeout 60).State | Should -Be 'Completed'
        $job.ChildJobs.State | Select-Object -Unique | Should -Be 'Completed'
        $job.HasMoreData | Should -BeTrue
        $got = Receive-Job $job
        $got | Should -BeOfType P2PShare.Engine.Transfers.TransferInfo
        $got.Name | Sort-Object | Should -Be 'one.iso', 'two.iso'
        $got.State | Select-Object -Unique | Should -Be 'Completed'
        $job.HasMoreData | Should -BeFalse
        Remove-Job $job
        Get-Job | Where-Object InstanceId -EQ $job.InstanceId | Should -BeNullOrEmpty
    }

    It 'gives the objects to Receive-Job -Wait -AutoRemoveJob, which pipe on' {
        # Slow enough to be running when Receive-Job comes: one that ends in the millisecond in which it looks is removed by it twice.
        $hashes = Get-P2PShare *.iso -Peer south | Receive-P2PFile -Destination (New-Into) -DownloadLimit 200000 -AsJob | Receive-Job -Wait -AutoRemoveJob | Get-FileHash
        $hashes.Hash | Sort-Object | Should -Be ((Get-ChildItem "$TestDrive/data" | Get-FileHash).Hash | Sort-Object)
        Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Should -BeNullOrEmpty
    }

    It 'complains at once of what it does not find, and makes a job of the rest' {
        $job = Receive-P2PFile nothing.iso, two.iso -Destination (New-Into) -Peer south -AsJob -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $job.ChildJobs.Name | Should -Be 'two.iso'
        $null = Wait-Job $job -Timeout 60
        ($job | Receive-Job -Wait -AutoRemoveJob).Name | Should -Be 'two.iso'
        Receive-P2PFile nothing.iso -Destination (New-Into) -Peer south -AsJob -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'is Failed when a child failed, and the error is in the job' {
        $into = New-Into
        $null = New-TestFile "$into/two.iso" 77 8
        $job = Receive-P2PFile *.iso $into -Peer south -AsJob
        (Wait-Job $job -Timeout 60).State | Should -Be 'Failed'
        ($job.ChildJobs | Where-Object Name -EQ two.iso).State | Should -Be 'Failed'
        ($job.ChildJobs | Where-Object Name -EQ one.iso).State | Should -Be 'Completed'
        $got = Receive-Job $job -ErrorAction SilentlyContinue -ErrorVariable problem
        $got.Name | Should -Be 'one.iso'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'FileExists*'
        Remove-Job $job
    }

    It 'makes no job with -WhatIf' {
        Receive-P2PFile *.iso (New-Into) -Peer south -AsJob -WhatIf | Should -BeNullOrEmpty
    }

    It 'waits in the job with -Wait' {
        $job = Receive-P2PFile later.bin (New-Into) -Peer south -Wait -AsJob
        $job.ChildJobs.Name | Should -Be 'later.bin'
        $null = (New-TestFile "$TestDrive/later/later.bin" 1000 9) | Send-P2PFile -Peer north
        try { ($job | Receive-Job -Wait -AutoRemoveJob).Name | Should -Be 'later.bin' }
        finally { Remove-P2PShare later.bin -Peer north }
    }

    It 'shows progress on its children' {
        $job = Start-SlowJob
        Wait-Until { $job.ChildJobs[0].Progress.Count -gt 0 }
        $record = $job.ChildJobs[0].Progress[0]
        $record.Activity | Should -Match 'big\.bin'
        $record.PercentComplete | Should -BeIn (-1..100)
        $job.ChildJobs[0].StatusMessage | Should -Not -BeNullOrEmpty
        Remove-Job $job -Force
    }

    It 'comes back from Wait-Job -Timeout with nothing' {
        $job = Start-SlowJob
        Wait-Job $job -Timeout 1 | Should -BeNullOrEmpty
        $job.State | Should -Be 'Running'
        Remove-Job $job -Force
    }

    It 'is Stopped after Stop-Job, which suspends its transfers' {
        $job = Start-SlowJob
        $id = $job.ChildJobs[0].TransferId
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        $job.ChildJobs[0].State | Should -Be 'Stopped'
        (Get-P2PTransfer -TransferId $id).State | Should -Be 'Suspended'
        Remove-Job $job
    }

    It 'ends with its transfers when it is removed by force' {
        $job = Start-SlowJob
        $id = $job.ChildJobs[0].TransferId
        Remove-Job $job -Force
        Wait-Until { (Get-P2PTransfer -TransferId $id).State -eq 'Suspended' }
        Get-Job | Where-Object InstanceId -EQ $job.InstanceId | Should -BeNullOrEmpty
    }

    It 'survives that its children are stopped one by one, or its peer is' {
        $job = Start-SlowJob
        Stop-Job $job.ChildJobs[0]
        Wait-Until { $job.State -eq 'Failed' }
        $job.ChildJobs[0].State | Should -Be 'Stopped'
        Remove-Job $job

        $brief = Start-TestPeer $swarm brief $TestDrive -Join $north -With @{ DownloadLimit = 100000 }
        $job = Receive-P2PFile big.bin (New-Into) -Peer brief -AsJob
        Stop-P2PPeer brief
        Wait-Until { $job.State -eq 'Failed' }
        $job.ChildJobs[0].Error.Count | Should -BeGreaterThan 0
        Remove-Job $job
    }

    It 'can be removed by many at once while it runs' {
        $jobs = 1..6 | ForEach-Object { Receive-P2PFile big.bin (New-Into) -Peer slow -AsJob }
        $jobs | Remove-Job -Force
        Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Should -BeNullOrEmpty
        Wait-Until { -not (Get-P2PTransfer big.bin -Peer slow | Where-Object State -NotIn 'Suspended', 'Completed') }
    }

    It 'is taken by the cmdlets for transfers' {
        $job = Start-SlowJob
        ($job.ChildJobs[0] | Get-P2PTransfer).Name | Should -Be 'big.bin'
        $job.ChildJobs[0] | Suspend-P2PTransfer
        Wait-Until { $job.State -eq 'Failed' }
        Remove-Job $job
    }
}

Describe 'Send-P2PFile -AsJob' {
    It 'publishes one child after the other' {
        $job = Get-ChildItem "$TestDrive/data" | Send-P2PFile -Peer north -AsJob
        $job.ChildJobs.Name | Should -Be 'one.iso', 'two.iso'
        $shares = $job | Receive-Job -Wait -AutoRemoveJob
        $shares | Should -BeOfType P2PShare.Engine.Catalogue.ShareInfo
        $shares.Name | Should -Be 'one.iso', 'two.iso'
    }

    It 'is Failed when a share cannot be read, and publishes the others' {
        $job = Send-P2PFile "$TestDrive/data" -ShareName both -BasePath "$TestDrive/data" -Peer north -AsJob
        (Wait-Job $job -Timeout 60).State | Should -Be 'Completed'
        Remove-P2PShare both -Peer north
        Remove-Job $job
        $torrent = "$TestDrive/no/such/folder/x.torrent"
        $job = Send-P2PFile "$TestDrive/data/two.iso" -TorrentPath $torrent -Open -Peer north -AsJob
        (Wait-Job $job -Timeout 60).State | Should -Be 'Failed'
        Receive-Job $job -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'DestinationUnusable*'
        Remove-Job $job
    }

    It 'makes no job with -WhatIf' {
        Send-P2PFile "$TestDrive/data/one.iso" -Peer north -AsJob -WhatIf | Should -BeNullOrEmpty
    }
}
