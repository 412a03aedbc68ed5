BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
}

AfterAll { Stop-TestPeers }

Describe 'Send-P2PFile' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $data = Join-Path $TestDrive 'data'
        $iso = New-TestFile "$data/one.iso" 40000 1
        $null = New-TestFile "$data/two.iso" 1 2
        $null = New-TestFile "$data/[x].txt" 500 3
        $null = New-TestFile "$data/x.txt" 500 4
        $null = New-TestFile "$data/tree/a/1.dll" 100 5
        $null = New-TestFile "$data/tree/a/2.txt" 100 6
        $null = New-TestFile "$data/tree/b/c/3.dll" 100 7
        $null = New-Item -ItemType Directory "$data/tree/empty"
    }
    AfterAll { Stop-TestPeers }
    AfterEach { Get-P2PShare -AllVersions | Remove-P2PShare }

    It 'publishes a file and emits its share' {
        $share = Send-P2PFile $iso.FullName
        $share | Should -BeOfType P2PShare.Engine.Catalogue.ShareInfo
        $share.Name | Should -Be 'one.iso'
        $share.Length | Should -Be 40000
        $share.FileCount | Should -Be 1
        $share.InfoHash | Should -Match '^[0-9a-f]{64}$'
        $share.Publisher | Should -Be 'north'
        $share.PeerId | Should -Be $north.PeerId
        $share.IsLocal | Should -BeTrue
        $share.IsOpen | Should -BeFalse
        "$share" | Should -Be $share.InfoHash
        (Get-P2PShare).InfoHash | Should -Be $share.InfoHash
    }

    It 'takes wildcards, and a path relative to where the session stands' {
        Push-Location $data
        try {
            (Send-P2PFile *.iso).Name | Sort-Object | Should -Be 'one.iso', 'two.iso'
            (Send-P2PFile ./x.txt).Name | Should -Be 'x.txt'
        }
        finally { Pop-Location }
    }

    It 'takes what Get-ChildItem emits, brackets included' {
        (Get-ChildItem $data -File | Send-P2PFile).Name | Sort-Object | Should -Be ('[x].txt', 'one.iso', 'two.iso', 'x.txt' | Sort-Object)
        (Get-P2PShare | Where-Object Name -EQ '[x].txt').LocalPath | Should -Be (Join-Path $data '[x].txt')
    }

    It 'takes paths as text from the pipe' {
        ("$data/one.iso", "$data/two.iso" | Send-P2PFile).Name | Should -Be 'one.iso', 'two.iso'
    }

    It 'takes text that Get-Content decorated with a path of its own' {
        "$data/one.iso" | Set-Content "$TestDrive/list.txt"
        (Get-Content "$TestDrive/list.txt" | Send-P2PFile).Name | Should -Be 'one.iso'
    }

    It 'takes a literal path literally and a wildcard as one' {
        (Send-P2PFile -LiteralPath "$data/[x].txt").Name | Should -Be '[x].txt'
        (Send-P2PFile "$data/[x].txt").Name | Should -Be 'x.txt'
    }

    It 'publishes a folder with all below it' {
        $share = Send-P2PFile "$data/tree"
        $share.Name | Should -Be 'tree'
        $share.FileCount | Should -Be 3
        (Get-P2PFile tree).RelativePath | Sort-Object | Should -Be 'a/1.dll', 'a/2.txt', 'b/c/3.dll'
    }

    It 'leaves out what lies below a folder that is piped too' {
        $verbose = Get-ChildItem $data/tree -Recurse -Exclude empty | Send-P2PFile -Verbose 4>&1
        ($verbose | Where-Object { $_ -is [P2PShare.Engine.Catalogue.ShareInfo] }).Name | Sort-Object | Should -Be 'a', 'b'
        $verbose | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Out-String | Should -Match '1\.dll'
    }

    It 'refuses two inputs of one name, and publishes the rest' {
        $null = New-TestFile "$TestDrive/other/one.iso" 10 9
        $shares = "$data/one.iso", "$TestDrive/other/one.iso", "$data/two.iso" | Send-P2PFile -ErrorAction SilentlyContinue -ErrorVariable problem
        $shares.Name | Should -Be 'two.iso'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'DuplicateShareName,*'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $problem[0].Exception.Message | Should -Match 'other'
    }

    It 'bundles with -ShareName, relative to the deepest common folder' {
        $share = "$data/tree/a/1.dll", "$data/tree/b/c/3.dll" | Send-P2PFile -ShareName libs
        $share.Name | Should -Be 'libs'
        (Get-P2PFile libs).RelativePath | Sort-Object | Should -Be 'a/1.dll', 'b/c/3.dll'
    }

    It 'keeps the filter of Get-ChildItem in a bundle' {
        $null = Get-ChildItem $data/tree -Recurse -Include *.dll | Send-P2PFile -ShareName filtered
        (Get-P2PFile filtered).RelativePath | Sort-Object | Should -Be 'a/1.dll', 'b/c/3.dll'
        $null = Get-Item $data/tree, $data/tree/a/1.dll | Send-P2PFile -ShareName chosen -BasePath $data
        (Get-P2PFile chosen).RelativePath | Should -Be 'tree/a/1.dll'
    }

    It 'bundles a single folder under another name, and a single file into a folder' {
        $null = Send-P2PFile $data/tree -ShareName renamed
        (Get-P2PFile renamed).RelativePath | Sort-Object | Should -Be 'a/1.dll', 'a/2.txt', 'b/c/3.dll'
        $null = Send-P2PFile $data/one.iso -ShareName single
        (Get-P2PFile single).RelativePath | Should -Be 'one.iso'
    }

    It 'bundles relative to -BasePath' {
        $null = Send-P2PFile $data/tree/a -ShareName based -BasePath $TestDrive
        (Get-P2PFile based).RelativePath | Sort-Object | Should -Be 'data/tree/a/1.dll', 'data/tree/a/2.txt'
        $null = Send-P2PFile $data/tree/a, $data/one.iso -ShareName outside -BasePath $data/tree -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathOutsideBase,*'
        $problem[0].TargetObject | Should -Be (Join-Path $data 'one.iso')
        $e = { Send-P2PFile $data/one.iso -BasePath $data } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'BasePathNeedsShareName,*'
    }

    It 'supersedes an earlier share of the same name' {
        $file = New-TestFile "$TestDrive/again/v.bin" 100 1
        $first = Send-P2PFile $file.FullName
        $null = New-TestFile $file.FullName 200 2
        $second = Send-P2PFile $file.FullName
        (Get-P2PShare v.bin).InfoHash | Should -Be $second.InfoHash
        (Get-P2PShare v.bin -AllVersions).InfoHash | Sort-Object | Should -Be ($first.InfoHash, $second.InfoHash | Sort-Object)
        $second.Version | Should -BeGreaterThan $first.Version
    }

    It 'leaves symbolic links out, with a warning, unless told to follow them' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'to make links there takes a right that tests may lack' }
        $null = New-Item -ItemType SymbolicLink -Path "$TestDrive/link.iso" -Target $iso.FullName
        Send-P2PFile "$TestDrive/link.iso" -WarningVariable w -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$w" | Should -Match 'link\.iso'
        (Send-P2PFile "$TestDrive/link.iso" -SymbolicLink Follow).Length | Should -Be 40000
    }

    It 'complains of <What> with <Id>, and goes on' -ForEach @(
        @{ What = 'a file that is not there'; Bad = 'nothing.iso'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
        @{ What = 'a path of another provider'; Bad = 'Env:PATH'; Id = 'PathNotFileSystem'; Category = 'InvalidArgument' }
        @{ What = 'a drive that is not there'; Bad = 'nodrive:\x'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
    ) {
        foreach ($parameter in 'Path', 'LiteralPath') {
            $arguments = @{ $parameter = $Bad, $iso.FullName }
            (Send-P2PFile @arguments -ErrorAction SilentlyContinue -ErrorVariable problem).Name | Should -Be 'one.iso'
            $problem.Count | Should -Be 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problem[0].CategoryInfo.Category | Should -Be $Category
            $problem[0].TargetObject | Should -Be $Bad
        }
    }

    It 'says nothing of a wildcard that matches nothing' {
        Send-P2PFile "$data/*.nothing" -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'complains of a file it may not read, and goes on' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'chmod is Unix' }
        elseif ([Environment]::UserName -eq 'root') { Set-ItResult -Skipped -Because 'root may read every file' }
        $locked = New-TestFile "$TestDrive/locked.bin"
        chmod 000 $locked.FullName
        ($locked.FullName, $iso.FullName | Send-P2PFile -ErrorAction SilentlyContinue -ErrorVariable problem).Name | Should -Be 'one.iso'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'FileUnreadable,*'
    }

    It 'publishes nothing with -WhatIf' {
        Send-P2PFile $iso.FullName -WhatIf | Should -BeNullOrEmpty
        Get-P2PShare | Should -BeNullOrEmpty
    }

    It 'writes a .torrent file of an open share' {
        $share = Send-P2PFile $iso.FullName -Open -TorrentPath "$TestDrive/one.torrent"
        $share.IsOpen | Should -BeTrue
        "$TestDrive/one.torrent" | Should -Exist
        $e = { Send-P2PFile "$data/*.iso" -Open -TorrentPath "$TestDrive/both.torrent" } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'TorrentPathNeedsOneShare,*'
        "$TestDrive/both.torrent" | Should -Not -Exist
    }
}

Describe 'Which peer sends' {
    BeforeAll { $file = New-TestFile "$TestDrive/which.bin" }
    AfterEach { Stop-TestPeers }

    It 'complains when none runs, before anything is hashed' {
        $e = { Send-P2PFile $file.FullName } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'NoPeerRunning,*'
        $e.CategoryInfo.Category | Should -Be 'InvalidOperation'
    }

    It 'does not guess among several' {
        $north = Start-TestPeer $swarm north $TestDrive
        $south = Start-TestPeer $swarm south $TestDrive -Join $north
        $e = { Send-P2PFile $file.FullName } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
        foreach ($reference in 'south', $south, (Get-P2PPeer south -Local), $south.PeerId) {
            (Send-P2PFile $file.FullName -Peer $reference).Publisher | Should -Be 'south'
        }
        $e = { Send-P2PFile $file.FullName -Peer nobody } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
    }
}
