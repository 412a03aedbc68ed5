BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/SlowTransfer.ps1"
}

AfterAll {
    Clear-Slow
    Stop-TestPeers
}

Describe 'Suspend-P2PTransfer' {
    AfterEach { Clear-Slow }

    It 'takes a transfer from the pipe, which keeps what it has' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer | Should -BeNullOrEmpty
        $now = $transfer | Get-P2PTransfer
        $now.State | Should -Be 'Suspended'
        $now.BytesCompleted | Should -BeGreaterOrEqual $transfer.BytesCompleted
    }

    It 'takes names, wildcards, info-hashes, ids and what came through Export-Clixml' {
        $transfer = Start-Slow
        $transfer | Export-Clixml "$TestDrive/transfer.xml"
        foreach ($do in { Suspend-P2PTransfer big.bin -Peer slow -PassThru }, { Suspend-P2PTransfer b*.bin -Peer slow -PassThru }, { Suspend-P2PTransfer $transfer.InfoHash -Peer slow -PassThru }, { Suspend-P2PTransfer -TransferId $transfer.TransferId -PassThru }, { Import-Clixml "$TestDrive/transfer.xml" | Suspend-P2PTransfer -PassThru }) {
            $now = & $do
            $now.TransferId | Should -Be $transfer.TransferId
            $now.State | Should -Be 'Suspended'
            $transfer | Resume-P2PTransfer
        }
    }

    It 'does nothing with -WhatIf' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer -WhatIf
        ($transfer | Get-P2PTransfer).State | Should -Not -Be 'Suspended'
    }

    It 'complains of what is not there' { Assert-Missing Suspend-P2PTransfer }

    It 'says of a complete transfer that it is, and passes it over in a list' {
        $e = { Suspend-P2PTransfer small.bin -Peer north -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'TransferStateInvalid,*'
        $e.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $e.TargetObject.Name | Should -Be 'small.bin'
        Get-P2PTransfer -Peer north | Suspend-P2PTransfer -ErrorAction Stop
        (Get-P2PTransfer small.bin -Peer north).State | Should -Be 'Completed'
    }
}
