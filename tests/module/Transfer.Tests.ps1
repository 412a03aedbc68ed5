BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $big = New-TestFile "$TestDrive/data/big.bin" 6000000 3
    $small = New-TestFile "$TestDrive/data/small.bin" 1000 4
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Send-P2PFile $big.FullName, $small.FullName -Peer north
    $slow = Start-TestPeer $swarm slow $TestDrive -Join $north -With @{ DownloadLimit = 100000 }

    function New-Into { Join-Path $TestDrive ('into' + [guid]::NewGuid().ToString('N')) }

    function Start-Slow {
        $script:into = New-Into
        $script:job = Receive-P2PFile big.bin $into -Peer slow -AsJob
        Wait-Until { $job.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId).BytesCompleted -gt 0 }
        Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId
    }

    function Clear-Slow {
        Get-P2PTransfer big.bin -Peer slow | Stop-P2PTransfer
        Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Remove-Job -Force
    }
}

AfterAll {
    Clear-Slow
    Stop-TestPeers
}

Describe 'Suspend-P2PTransfer and Resume-P2PTransfer' {
    AfterEach { Clear-Slow }

    It 'take a transfer from the pipe, and go on where it was' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer | Should -BeNullOrEmpty
        $now = $transfer | Get-P2PTransfer
        $now.State | Should -Be 'Suspended'
        $before = $now.BytesCompleted
        ($transfer | Resume-P2PTransfer -PassThru).State | Should -Not -Be 'Suspended'
        ($transfer | Get-P2PTransfer).BytesCompleted | Should -BeGreaterOrEqual $before
        Wait-Until { ($transfer | Get-P2PTransfer).State -eq 'Transferring' }
    }

    It 'take names, wildcards, info-hashes, ids and what came through Export-Clixml' {
        $transfer = Start-Slow
        (Suspend-P2PTransfer big.bin -Peer slow -PassThru).TransferId | Should -Be $transfer.TransferId
        (Resume-P2PTransfer b*.bin -Peer slow -PassThru).TransferId | Should -Be $transfer.TransferId
        (Suspend-P2PTransfer $transfer.InfoHash -Peer slow -PassThru).State | Should -Be 'Suspended'
        Resume-P2PTransfer -TransferId $transfer.TransferId
        $transfer | Export-Clixml "$TestDrive/transfer.xml"
        (Import-Clixml "$TestDrive/transfer.xml" | Suspend-P2PTransfer -PassThru).State | Should -Be 'Suspended'
    }

    It 'do nothing with -WhatIf' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer -WhatIf
        ($transfer | Get-P2PTransfer).State | Should -Not -Be 'Suspended'
    }

    It 'complain of what is not there' {
        foreach ($do in { Suspend-P2PTransfer nothing.bin -Peer slow -ErrorAction Stop }, { Resume-P2PTransfer nothing.bin -Peer slow -ErrorAction Stop }, { Stop-P2PTransfer nothing.bin -Peer slow -ErrorAction Stop }, { Wait-P2PTransfer nothing.bin -Peer slow -ErrorAction Stop }) {
            $e = $do | Should -Throw -PassThru
            $e.FullyQualifiedErrorId | Should -BeLike 'TransferNotFound,*'
            $e.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $e.TargetObject | Should -Be 'nothing.bin'
        }
        Suspend-P2PTransfer *.nothing -Peer slow -ErrorAction Stop
    }

    It 'say of a complete transfer that it is, and pass it over in a list' {
        $e = { Suspend-P2PTransfer small.bin -Peer north -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'TransferStateInvalid,*'
        $e.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $e.TargetObject.Name | Should -Be 'small.bin'
        Get-P2PTransfer -Peer north | Suspend-P2PTransfer -ErrorAction Stop
        Get-P2PTransfer -Peer north | Stop-P2PTransfer -ErrorAction Stop
        (Get-P2PTransfer small.bin -Peer north).State | Should -Be 'Completed'
    }
}

Describe 'Stop-P2PTransfer' {
    AfterEach { Clear-Slow }

    It 'ends a transfer for good and removes what it had' {
        $transfer = Start-Slow
        @(Get-ChildItem $into -Recurse -File -Force).Count | Should -BeGreaterThan 0
        ($transfer | Stop-P2PTransfer -PassThru).State | Should -Be 'Stopped'
        if (Test-Path $into) { Get-ChildItem $into -Recurse -File -Force | Should -BeNullOrEmpty }
        { Resume-P2PTransfer -TransferId $transfer.TransferId -ErrorAction Stop } | Should -Throw -ErrorId 'TransferStateInvalid,*'
    }

    It 'leaves the partial file with -KeepPartial, from which the next receive goes on' {
        $transfer = Start-Slow
        Suspend-P2PTransfer -TransferId $transfer.TransferId
        $had = ($transfer | Get-P2PTransfer).BytesCompleted
        $transfer | Stop-P2PTransfer -KeepPartial
        @(Get-ChildItem $into -Recurse -File -Force).Count | Should -BeGreaterThan 0
        $again = Receive-P2PFile big.bin $into -Peer slow -AsJob
        Wait-Until { $again.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $again.ChildJobs[0].TransferId).BytesCompleted -ge $had }
    }

    It 'asks with -Confirm and does nothing with -WhatIf' {
        $transfer = Start-Slow
        $transfer | Stop-P2PTransfer -WhatIf
        ($transfer | Get-P2PTransfer).State | Should -Not -Be 'Stopped'
    }
}

Describe 'Wait-P2PTransfer' {
    AfterEach { Clear-Slow }

    It 'emits what is complete' {
        (Wait-P2PTransfer small.bin -Peer north).State | Should -Be 'Completed'
        (Get-P2PTransfer small.bin -Peer north | Wait-P2PTransfer).Name | Should -Be 'small.bin'
        Wait-P2PTransfer -Peer north | Should -BeNullOrEmpty
    }

    It 'waits until a transfer is complete' {
        $quick = Start-TestPeer $swarm quick $TestDrive -Join $north -With @{ DownloadLimit = 8000000 }
        $running = Receive-P2PFile big.bin (New-Into) -Peer quick -AsJob
        Wait-Until { Get-P2PTransfer -Peer quick }
        $got = Wait-P2PTransfer big.bin -Peer quick -TimeoutSec 120
        $got.State | Should -Be 'Completed'
        $got.PercentComplete | Should -Be 100
        $null = $running | Wait-Job -Timeout 60
        Stop-P2PPeer quick
    }

    It 'waits no longer than -TimeoutSec, and the transfer goes on' {
        $transfer = Start-Slow
        $transfer | Wait-P2PTransfer -TimeoutSec 1 -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TimedOut,*'
        $problem[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $problem[0].TargetObject.TransferId | Should -Be $transfer.TransferId
        ($transfer | Get-P2PTransfer).State | Should -Be 'Transferring'
    }

    It 'tells that a transfer was suspended' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer
        $transfer | Wait-P2PTransfer -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TransferInterrupted,*'
    }
}

Describe 'Connect-P2PPeer' {
    BeforeAll { $lone = Start-TestPeer $swarm lone $TestDrive }
    AfterAll { Stop-P2PPeer lone }

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
