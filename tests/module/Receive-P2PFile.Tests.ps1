BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $data = Join-Path $TestDrive 'data'
    $one = New-TestFile "$data/one.iso" 300000 1
    $two = New-TestFile "$data/two.iso" 40000 2
    $bracket = New-TestFile "$data/[x].txt" 500 3
    $null = New-TestFile "$data/tree/sub/a.txt" 20000 4
    $null = New-TestFile "$data/tree/b.log" 12 5
    $null = New-TestFile "$data/tree/empty.txt" 0 6
    $null = New-Item -ItemType Directory "$data/tree/hollow"

    function Receive-Here {
        # A destination of its own for each test.
        $script:into = Join-Path $TestDrive ('into' + [guid]::NewGuid().ToString('N'))
        $script:into
    }

    function Hash { param([Parameter(ValueFromPipeline)] $File) process { (Get-FileHash -LiteralPath "$File").Hash } }
}

AfterAll { Stop-TestPeers }

Describe 'Receive-P2PFile' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $south = Start-TestPeer $swarm south $TestDrive -Join $north
        $null = Get-ChildItem $data | Send-P2PFile -Peer north
        Wait-Until { @(Get-P2PShare -Peer south).Count -eq 4 }
        $PSDefaultParameterValues['Receive-P2PFile:Peer'] = 'south'
    }
    AfterAll {
        $PSDefaultParameterValues.Remove('Receive-P2PFile:Peer')
        Stop-TestPeers
    }

    It 'receives a file by name, and emits what it received' {
        $got = Receive-P2PFile one.iso (Receive-Here)
        $got | Should -BeOfType P2PShare.Engine.Transfers.TransferInfo
        $got.State | Should -Be 'Completed'
        $got.Name | Should -Be 'one.iso'
        $got.FullName | Should -Be (Join-Path $into 'one.iso')
        $got.PSPath | Should -Be ('Microsoft.PowerShell.Core\FileSystem::' + $got.FullName)
        $got.PercentComplete | Should -Be 100
        $got.PeerId | Should -Be $south.PeerId
        "$got" | Should -Be $got.FullName
        Hash $got | Should -Be (Hash $one.FullName)
        @(Get-ChildItem $into -Force).Name | Should -Be 'one.iso'
    }

    It 'receives by wildcard, one object each' {
        $got = Receive-P2PFile *.iso -Destination (Receive-Here)
        $got.Name | Sort-Object | Should -Be 'one.iso', 'two.iso'
        Hash "$into/two.iso" | Should -Be (Hash $two.FullName)
    }

    It 'receives what a script asks for right after its peer has started' {
        $null = Start-TestPeer $swarm hasty $TestDrive -Join $north
        try { (Receive-P2PFile two.iso (Receive-Here) -Peer hasty).State | Should -Be 'Completed' }
        finally { Stop-P2PPeer hasty }
    }

    It 'receives piped shares, and pipes on to Get-FileHash' {
        $hashes = Get-P2PShare *.iso -Peer south | Receive-P2PFile -Destination (Receive-Here) | Get-FileHash
        $hashes.Hash | Sort-Object | Should -Be ($one.FullName, $two.FullName | Hash | Sort-Object)
    }

    It 'pipes names with brackets on to Get-Item and Get-FileHash' {
        $got = Receive-P2PFile '[x].txt' (Receive-Here)
        ($got | Get-Item).Name | Should -Be '[x].txt'
        ($got | Get-FileHash).Hash | Should -Be (Get-FileHash -LiteralPath $bracket.FullName).Hash
    }

    It 'receives a folder, empty ones and empty files included' {
        $got = Receive-P2PFile tree (Receive-Here)
        $got.IsFolder | Should -BeTrue
        $got.FullName | Should -Be (Join-Path $into 'tree')
        Hash "$into/tree/sub/a.txt" | Should -Be (Hash "$data/tree/sub/a.txt")
        (Get-Item "$into/tree/empty.txt").Length | Should -Be 0
        "$into/tree/hollow" | Should -Exist
        (Get-Item "$into/tree/b.log").LastWriteTimeUtc | Should -Be (Get-Item "$data/tree/b.log").LastWriteTimeUtc
    }

    It 'receives only the files that are piped, in one transfer a share' {
        $got = Get-P2PFile tree *.txt -Peer south | Receive-P2PFile -Destination (Receive-Here)
        @($got).Count | Should -Be 1
        $got.FileCount | Should -Be 2
        (Get-ChildItem "$into/tree" -Recurse -File).Name | Sort-Object | Should -Be 'a.txt', 'empty.txt'
    }

    It 'takes shares and files from the pipe after Export-Clixml' {
        Get-P2PShare two.iso -Peer south | Export-Clixml "$TestDrive/share.xml"
        (Import-Clixml "$TestDrive/share.xml" | Receive-P2PFile -Destination (Receive-Here)).Name | Should -Be 'two.iso'
        Get-P2PFile tree b.log -Peer south | Export-Clixml "$TestDrive/file.xml"
        (Import-Clixml "$TestDrive/file.xml" | Receive-P2PFile -Destination (Receive-Here)).FileCount | Should -Be 1
        (Get-ChildItem $into -Recurse -File).Name | Should -Be 'b.log'
    }

    It 'takes a share where a name is wanted, and names from the pipe' {
        (Receive-P2PFile (Get-P2PShare two.iso -Peer south) (Receive-Here)).Name | Should -Be 'two.iso'
        ('two.iso', '[[]x].txt' | Receive-P2PFile -Destination (Receive-Here)).Name | Sort-Object | Should -Be ('[x].txt', 'two.iso' | Sort-Object)
        (Receive-P2PFile -InfoHash (Get-P2PShare two.iso -Peer south).InfoHash -Destination (Receive-Here)).Name | Should -Be 'two.iso'
    }

    It 'turns into its path where text is wanted' {
        $got = Receive-P2PFile two.iso (Receive-Here)
        Copy-Item -LiteralPath $got -Destination "$into/copy.iso"
        Hash "$into/copy.iso" | Should -Be (Hash $two.FullName)
    }

    It 'survives Export-Clixml and is found again' {
        $got = Receive-P2PFile two.iso (Receive-Here)
        $got | Export-Clixml "$TestDrive/transfer.xml"
        $again = Import-Clixml "$TestDrive/transfer.xml"
        "$again" | Should -Be $got.FullName
        ($again | Get-P2PTransfer).TransferId | Should -Be $got.TransferId
        ($again | Get-Item).FullName | Should -Be $got.FullName
    }

    It 'receives into the current folder when no destination is given' {
        $null = New-Item -ItemType Directory (Receive-Here)
        Push-Location $into
        try { (Receive-P2PFile two.iso).FullName | Should -Be (Join-Path $into 'two.iso') }
        finally { Pop-Location }
    }

    It 'takes the destination literally' {
        $null = Receive-P2PFile two.iso (Join-Path (Receive-Here) '[d]')
        Test-Path -LiteralPath (Join-Path $into '[d]' 'two.iso') | Should -BeTrue
    }

    It 'refuses a destination of another provider' {
        $e = { Receive-P2PFile two.iso Env:\x } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
    }

    It 'complains of <_>, and receives the rest' -ForEach 'nothing.iso', '*.nothing' {
        $got = Receive-P2PFile $_, two.iso -Destination (Receive-Here) -ErrorAction SilentlyContinue -ErrorVariable problem
        $got.Name | Should -Be 'two.iso'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be $_
    }

    It 'waits with -Wait until there is a match' {
        $late = New-TestFile "$TestDrive/late/late.bin" 1000 9
        $script = { param($path, $file) Start-Sleep -Milliseconds 700; Import-Module $path; Send-P2PFile $file -Peer north }
        $job = Start-ThreadJob $script -ArgumentList (Get-TestedManifest), $late.FullName
        try { (Receive-P2PFile late.* (Receive-Here) -Wait -TimeoutSec 30).Name | Should -Be 'late.bin' }
        finally { $job | Receive-Job -Wait -AutoRemoveJob | Remove-P2PShare }
    }

    It 'waits in vain for no longer than -TimeoutSec' {
        $e = Receive-P2PFile never.bin (Receive-Here) -Wait -TimeoutSec 1 -ErrorAction SilentlyContinue -ErrorVariable problem
        $e | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
    }

    It 'fetches nothing again that is there and verifies' {
        $null = Receive-P2PFile two.iso (Receive-Here)
        $again = Receive-P2PFile two.iso $into
        $again.State | Should -Be 'Completed'
        $again.BytesReceived | Should -Be 0
    }

    It 'replaces a file of other content only with -Force' {
        $null = New-TestFile (Join-Path (Receive-Here) 'one.iso') 77 8
        Receive-P2PFile one.iso $into -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        (Get-Item "$into/one.iso").Length | Should -Be 77
        (Receive-P2PFile one.iso $into -Force).State | Should -Be 'Completed'
        Hash "$into/one.iso" | Should -Be (Hash $one.FullName)
    }

    It 'touches nothing that exists with -NoClobber' {
        $null = New-TestFile (Join-Path (Receive-Here) 'two.iso') 77 8
        Receive-P2PFile two.iso $into -NoClobber -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        (Get-Item "$into/two.iso").Length | Should -Be 77
        $e = { Receive-P2PFile two.iso $into -NoClobber -Force } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'ForceOrNoClobber,*'
    }

    It 'receives nothing with -WhatIf' {
        Receive-P2PFile two.iso (Receive-Here) -WhatIf | Should -BeNullOrEmpty
        $into | Should -Not -Exist
    }

    It 'does not guess which peer is meant' {
        $PSDefaultParameterValues.Remove('Receive-P2PFile:Peer')
        try {
            $e = { Receive-P2PFile two.iso (Receive-Here) } | Should -Throw -PassThru
            $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
            (Get-P2PShare two.iso -Peer south | Receive-P2PFile -Destination (Receive-Here)).PeerId | Should -Be $south.PeerId
            (Get-P2PFile tree b.log -Peer south | Receive-P2PFile -Destination (Receive-Here)).PeerId | Should -Be $south.PeerId
            foreach ($object in (Get-P2PShare two.iso -Peer south), (Get-P2PFile tree b.log -Peer south)) {
                $object | Export-Clixml "$TestDrive/object.xml"
                (Import-Clixml "$TestDrive/object.xml" | Receive-P2PFile -Destination (Receive-Here)).PeerId | Should -Be $south.PeerId
            }
        }
        finally { $PSDefaultParameterValues['Receive-P2PFile:Peer'] = 'south' }
    }

    It 'does not guess what a name of two publishers means' {
        $east = Start-TestPeer $swarm east $TestDrive -Join $north
        try {
            $mine = New-TestFile "$TestDrive/east/two.iso" 999 7
            $null = Send-P2PFile $mine.FullName -Peer east
            Wait-Until { @(Get-P2PShare two.iso -Peer south).Count -eq 2 }
            Receive-P2PFile two.iso (Receive-Here) -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareAmbiguous,*'
            $problem[0].Exception.Message | Should -Match 'north'
            $problem[0].Exception.Message | Should -Match 'east'
            (Receive-P2PFile two.iso $into -Publisher east).Length | Should -Be 999
            Remove-P2PShare two.iso -Peer east
            Wait-Until { @(Get-P2PShare two.iso -Peer south).Count -eq 1 }
        }
        finally { Stop-P2PPeer east }
    }

    It 'serves what it received' {
        $null = Receive-P2PFile two.iso (Receive-Here)
        Wait-Until { (Get-P2PShare two.iso -Peer north).Copies -ge 2 }
        (Get-P2PShare two.iso -Peer south).IsLocal | Should -BeTrue
    }

    It 'shows its transfers' {
        $null = Receive-P2PFile two.iso (Receive-Here)
        $transfers = Get-P2PTransfer -Peer south
        $transfers | Should -BeOfType P2PShare.Engine.Transfers.TransferInfo
        @(Get-P2PTransfer two.* -Peer south)[0].State | Should -Be 'Completed'
        (Get-P2PTransfer -TransferId $transfers[0].TransferId).TransferId | Should -Be $transfers[0].TransferId
        Get-P2PTransfer nothing -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TransferNotFound,*'
        Get-P2PTransfer *.nothing -ErrorAction Stop | Should -BeNullOrEmpty
        (Get-P2PShare two.iso -Peer south | Get-P2PTransfer).Name | Select-Object -Unique | Should -Be 'two.iso'
    }
}

Describe 'An open share' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $null = Send-P2PFile $one.FullName -Open -TorrentPath "$TestDrive/one.torrent"
        $other = New-P2PSwarm -Name stranger -Path $TestDrive
        $stranger = Start-TestPeer $other stranger $TestDrive
    }
    AfterAll { Stop-TestPeers }

    It 'is received by its .torrent file without being in the swarm' {
        $got = Receive-P2PFile -TorrentPath "$TestDrive/one.torrent" -ConnectTo "127.0.0.1:$($north.Port)" -Destination (Receive-Here) -Peer stranger
        $got.State | Should -Be 'Completed'
        Hash $got | Should -Be (Hash $one.FullName)
    }

    It 'needs a .torrent file that is there' {
        Receive-P2PFile -TorrentPath "$TestDrive/no.torrent" -ConnectTo 127.0.0.1:1 -Peer stranger -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
    }
}

Describe 'A long transfer' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $big = New-TestFile "$TestDrive/big.bin" 6000000 1
        $null = Send-P2PFile $big.FullName
        $slow = Start-TestPeer $swarm slow $TestDrive -Join $north -With @{ DownloadLimit = 1500000 }
        $path = Get-TestedManifest

        function Start-Receiving {
            param([string] $Destination)
            $shell = [powershell]::Create()
            $null = $shell.AddScript("Import-Module '$path'; Receive-P2PFile big.bin '$Destination' -Peer slow")
            [pscustomobject]@{ Shell = $shell; Output = [Management.Automation.PSDataCollection[psobject]]::new() } |
                ForEach-Object { $_ | Add-Member -PassThru Handle ($shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $_.Output)) }
        }
    }
    AfterAll { Stop-TestPeers }

    It 'shows progress, and resumes after Ctrl-C what it suspended' {
        $run = Start-Receiving (Receive-Here)
        try {
            Wait-Until { $run.Shell.Streams.Progress.Count -gt 0 }
            $record = $run.Shell.Streams.Progress[0]
            $record.Activity | Should -Match 'big\.bin'
            $record.PercentComplete | Should -BeIn (-1..100)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $run.Shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 1
        }
        finally { $run.Shell.Dispose() }
        $run.Output.Count | Should -Be 0
        Wait-Until { (Get-P2PTransfer big.bin -Peer slow).State -eq 'Suspended' }
        Join-Path $into 'big.bin' | Should -Not -Exist
        $before = (Get-P2PTransfer big.bin -Peer slow).BytesCompleted
        $before | Should -BeGreaterThan 0

        $got = Receive-P2PFile big.bin $into -Peer slow
        $got.State | Should -Be 'Completed'
        Hash $got | Should -Be (Hash $big.FullName)
        $got.BytesReceived | Should -BeLessThan ($big.Length + 200000)
    }

    It 'ends its bars' {
        $null = Get-P2PTransfer
        $run = Start-Receiving (Receive-Here)
        try {
            $null = $run.Shell.EndInvoke($run.Handle)
            $records = $run.Shell.Streams.Progress
            if ($records.Count) { $records[-1].RecordType | Should -Be 'Completed' }
            @($run.Output).Count | Should -Be 1
            $run.Shell.HadErrors | Should -BeFalse
        }
        finally { $run.Shell.Dispose() }
    }

    It 'shows none with -ProgressAction SilentlyContinue, where it shows some without' {
        # Slow enough to outlast the test, and a file for each: a peer fetches nothing twice.
        $crawling = Start-TestPeer $swarm crawling $TestDrive -Join $north -With @{ DownloadLimit = 20000 }
        $null = New-TestFile "$TestDrive/quiet.bin" 6000000 2; $null = New-TestFile "$TestDrive/loud.bin" 6000000 3
        $null = Send-P2PFile "$TestDrive/quiet.bin", "$TestDrive/loud.bin" -Peer north
        Wait-Until { @(Get-P2PShare quiet.bin, loud.bin -Peer crawling -ErrorAction SilentlyContinue).Count -eq 2 }
        $into = Receive-Here
        $shells = foreach ($command in
            "Receive-P2PFile quiet.bin '$into' -Peer crawling -ProgressAction SilentlyContinue", "Receive-P2PFile loud.bin '$into' -Peer crawling",
            "Send-P2PFile '$TestDrive/quiet.bin' -Peer north -Wait -Copies 9 -ProgressAction SilentlyContinue", "Send-P2PFile '$TestDrive/loud.bin' -Peer north -Wait -Copies 9") {
            $shell = [powershell]::Create().AddScript("Import-Module '$path'; $command")
            $null = $shell.BeginInvoke()
            $shell
        }

        try {
            $quietReceive, $loudReceive, $quietSend, $loudSend = $shells
            # Several: the quiet ones, which began before, have had their turns as well.
            Wait-Until -Seconds 60 { $loudReceive.Streams.Progress.Count -ge 3 -and $loudSend.Streams.Progress.Count -ge 3 }
            Wait-Until { (Get-P2PTransfer quiet.bin -Peer crawling).BytesCompleted -gt 0 }
            $quietReceive.Streams.Progress.Count | Should -Be 0
            $quietSend.Streams.Progress.Count | Should -Be 0
            $shells.InvocationStateInfo.State | Select-Object -Unique | Should -Be 'Running'
        }
        finally {
            $shells | ForEach-Object { $_.Stop(); $_.Dispose() }
            Stop-P2PPeer crawling
        }
    }
}
