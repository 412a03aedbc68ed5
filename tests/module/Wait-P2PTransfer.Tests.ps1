BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/SlowTransfer.ps1"
}

AfterAll {
    Clear-Slow
    Stop-TestPeers
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

    It 'complains of what is not there' { Assert-Missing Wait-P2PTransfer }
}
