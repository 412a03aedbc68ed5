BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $kept = Join-Path $TestDrive 'kept'

    function Test-Copy([string] $Name) {
        $copy = Join-Path $kept $Name
        (Test-Path -LiteralPath $copy) -and (Get-FileHash -LiteralPath $copy).Hash -eq (Get-FileHash -LiteralPath "$TestDrive/data/$Name").Hash
    }
}

AfterAll { Stop-TestPeers }

Describe 'Start-P2PPeer -Mirror' {
    It 'keeps copies of what matches, as it appears and as it changes, and goes on when it is started again' {
        $null = New-TestFile "$TestDrive/data/one.iso" 1000 1 | Send-P2PFile -Peer north
        $keeper = Start-TestPeer $swarm keeper $TestDrive -Join $north -With @{ Mirror = '*.iso', 'notes.txt'; MirrorPath = $kept }
        Wait-Until { Test-Copy one.iso }
        $null = New-TestFile "$TestDrive/data/two.bin" 1000 2 | Send-P2PFile -Peer north
        $null = New-TestFile "$TestDrive/data/notes.txt" 1000 3 | Send-P2PFile -Peer north
        Wait-Until { Test-Copy notes.txt }
        Wait-Until { @(Get-P2PTransfer -Peer keeper | Where-Object State -EQ Completed).Count -eq 2 }
        $null = New-TestFile "$TestDrive/data/one.iso" 1500 4 | Send-P2PFile -Peer north
        Wait-Until { Test-Copy one.iso }
        Join-Path $kept two.bin | Should -Not -Exist
        $keeper | Stop-P2PPeer
        $null = New-TestFile "$TestDrive/data/late.iso" 1500 5 | Send-P2PFile -Peer north
        $null = Start-TestPeer $swarm keeper $TestDrive -Join $north -With @{ Mirror = '*.iso'; MirrorPath = $kept; MirrorCopies = 3; Verify = $true }
        Wait-Until { Test-Copy late.iso }
    }

    It 'fails when the folder cannot be written, or is not given' {
        $null = New-TestFile "$TestDrive/file" 1
        $e = { Start-TestPeer $swarm bad $TestDrive -With @{ Mirror = '*'; MirrorPath = "$TestDrive/file/below" } } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'MirrorPathNotWritable,*'
        $e.CategoryInfo.Category | Should -Be 'WriteError'
        $e = { Start-TestPeer $swarm bad $TestDrive -With @{ Mirror = '*' } } | Should -Throw -PassThru
        $e.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }
}

Describe 'Start-P2PPeer -Verify' {
    It 'finds what was changed behind its back' {
        $file = New-TestFile "$TestDrive/verify/tools.bin" 100000 7
        $peer = Start-TestPeer $swarm verifier $TestDrive
        $share = $file | Send-P2PFile -Peer verifier
        $peer | Stop-P2PPeer
        $time = $file.LastWriteTimeUtc
        $null = New-TestFile "$TestDrive/verify/tools.bin" 100000 8
        (Get-Item "$TestDrive/verify/tools.bin").LastWriteTimeUtc = $time
        $null = Start-TestPeer $swarm verifier $TestDrive
        (Get-P2PTransfer tools.bin -Peer verifier).InfoHash | Should -Be $share.InfoHash
        Stop-P2PPeer verifier
        $null = Start-TestPeer $swarm verifier $TestDrive -With @{ Verify = $true }
        # Once it has been read again and was wrong, it is forgotten.
        Wait-Until { -not (Get-ChildItem "$TestDrive/state" -Recurse -Filter "*.torrent" | Where-Object FullName -Match verifier) }
        Get-P2PTransfer tools.bin -Peer verifier -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}
