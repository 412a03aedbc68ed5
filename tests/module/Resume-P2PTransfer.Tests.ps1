BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/SlowTransfer.ps1"
}

AfterAll {
    Clear-Slow
    Stop-TestPeers
}

Describe 'Resume-P2PTransfer' {
    AfterEach { Clear-Slow }

    It 'takes a transfer from the pipe, which goes on where it was' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer
        $before = ($transfer | Get-P2PTransfer).BytesCompleted
        ($transfer | Resume-P2PTransfer -PassThru).State | Should -Not -Be 'Suspended'
        ($transfer | Get-P2PTransfer).BytesCompleted | Should -BeGreaterOrEqual $before
        Wait-Until { ($transfer | Get-P2PTransfer).State -eq 'Transferring' }
    }

    It 'takes names, wildcards, info-hashes, ids and what came through Export-Clixml' {
        $transfer = Start-Slow
        $transfer | Export-Clixml "$TestDrive/transfer.xml"
        foreach ($do in { Resume-P2PTransfer big.bin -Peer slow -PassThru }, { Resume-P2PTransfer b*.bin -Peer slow -PassThru }, { Resume-P2PTransfer $transfer.InfoHash -Peer slow -PassThru }, { Resume-P2PTransfer -TransferId $transfer.TransferId -PassThru }, { Import-Clixml "$TestDrive/transfer.xml" | Resume-P2PTransfer -PassThru }) {
            $transfer | Suspend-P2PTransfer
            $now = & $do
            $now.TransferId | Should -Be $transfer.TransferId
            $now.State | Should -Not -Be 'Suspended'
        }
    }

    It 'does nothing with -WhatIf' {
        $transfer = Start-Slow
        $transfer | Suspend-P2PTransfer
        $transfer | Resume-P2PTransfer -WhatIf
        ($transfer | Get-P2PTransfer).State | Should -Be 'Suspended'
    }

    It 'complains of what is not there' { Assert-Missing Resume-P2PTransfer }
}
