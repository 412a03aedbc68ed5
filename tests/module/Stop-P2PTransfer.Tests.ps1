BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/SlowTransfer.ps1"
}

AfterAll {
    Clear-Slow
    Stop-TestPeers
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

    It 'complains of what is not there' { Assert-Missing Stop-P2PTransfer }

    It 'passes over what is complete in a list' {
        Get-P2PTransfer -Peer north | Stop-P2PTransfer -ErrorAction Stop
        (Get-P2PTransfer small.bin -Peer north).State | Should -Be 'Completed'
    }
}
