BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    $null = New-TestFile "$TestDrive/data/thing.bin" 200000
    $null = Send-P2PFile "$TestDrive/data/thing.bin" -Peer north
    Wait-Until { Get-P2PShare thing.bin -Peer south -ErrorAction Ignore }
    $null = Receive-P2PFile thing.bin "$TestDrive/into" -Peer south
    Wait-Until { (Get-P2PShare thing.bin -Peer north).Copies -eq 2 }
}

AfterAll { Stop-TestPeers }

Describe 'Export-P2PReport' {
    It 'writes one page that fetches nothing' {
        Export-P2PReport "$TestDrive/report.html" -Peer south | Should -BeNullOrEmpty
        $page = Get-Content -Raw "$TestDrive/report.html"
        $page | Should -Match '<title>Swarm lab</title>'
        $page | Should -Match 'thing\.bin'
        $page | Should -Match 'north'
        $page | Should -Match '2 of 2'
        $page | Should -Not -Match '<script|src=|href=|url\(|https?:'
    }

    It 'takes the peer from the pipe and emits the file with -PassThru' {
        $file = $north | Export-P2PReport -Path "$TestDrive/[north].html" -PassThru
        $file | Should -BeOfType IO.FileInfo
        $file.Name | Should -Be '[north].html'
        ($file | Get-FileHash).Hash | Should -Not -BeNullOrEmpty
        (Get-P2PPeer south | Export-P2PReport "$TestDrive/object.html" -PassThru).Name | Should -Be 'object.html'
    }

    It 'does not guess which peer is meant' {
        $e = { Export-P2PReport "$TestDrive/x.html" } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
    }

    It 'leaves an existing file alone with -NoClobber, and replaces a read-only one with -Force' {
        $path = "$TestDrive/old.html"
        Set-Content $path 'old'
        $e = { Export-P2PReport $path -Peer north -NoClobber } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $e.CategoryInfo.Category | Should -Be 'ResourceExists'
        Get-Content $path | Should -Be 'old'
        (Get-Item $path).IsReadOnly = $true
        Export-P2PReport $path -Peer north -Force
        Get-Content -Raw $path | Should -Match 'Swarm lab'
    }

    It 'writes only to the file system, and nothing with -WhatIf' {
        Export-P2PReport "$TestDrive/never.html" -Peer north -WhatIf
        "$TestDrive/never.html" | Should -Not -Exist
        $e = { Export-P2PReport Env:\x -Peer north } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
        $e = { Export-P2PReport "$TestDrive/no/such/folder/x.html" -Peer north } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'DestinationUnusable,*'
    }
}
