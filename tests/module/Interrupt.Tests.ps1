BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $source = Join-Path $TestDrive 'source/huge.bin'
    $null = New-Item -ItemType Directory (Split-Path $source)
    $stream = [IO.File]::Create($source)
    # Sparse: 4 GiB that take no room, and differ where it matters.
    $stream.SetLength(4GB)
    $stream.Write([byte[]](1..255), 0, 255)
    $stream.Dispose()
    $north = Start-TestPeer $swarm north $TestDrive
    $share = Send-P2PFile $source
    $limit = 8000000

    # A PowerShell of its own whose peer receives the 4 GiB, once it has some of it.
    function Start-Receiver([string] $Name, [string] $Then = '') {
        $into = Join-Path $TestDrive "into-$Name"
        $script = @"
Import-Module '$(Get-TestedManifest)'
`$null = Start-P2PPeer '$($swarm.SwarmPath)' -Name $Name -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath '$TestDrive/state' -ConnectTo 127.0.0.1:$($north.Port) -DownloadLimit $limit
$(if ($Then) { $Then.Replace('INTO', $into) } else { "Receive-P2PFile huge.bin '$into' -ErrorAction Stop" })
"@
        $shell = [Environment]::ProcessPath
        $start = [Diagnostics.ProcessStartInfo]::new($shell)
        if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { $start.ArgumentList.Add((Join-Path $PSHOME 'pwsh.dll')) }
        foreach ($argument in '-NoProfile', '-NonInteractive', '-Command', $script) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        Wait-Until -Seconds 60 { (Get-P2PShare huge.bin -Peer north).PartialCopies -eq 1 -and (Get-ChildItem $into -Recurse -File -Force -ErrorAction Ignore) }
        [pscustomobject]@{ Process = $process; Name = $Name; Into = $into }
    }

    function Send-Signal($Receiver, [string] $Signal) {
        & /bin/kill "-$Signal" $Receiver.Process.Id
        $Receiver.Process.WaitForExit(30000) | Should -BeTrue -Because "SIG$Signal ends it"
    }

    # Said goodbye (a process that just vanished would be missed only after seconds), nothing half-named, resume data there.
    function Test-LeftInOrder($Receiver) {
        Wait-Until { $Receiver.Name -notin (Get-P2PPeer -Peer north).Name }
        Join-Path $Receiver.Into 'huge.bin' | Should -Not -Exist
        $again = Start-TestPeer $swarm $Receiver.Name $TestDrive -Join $north -With @{ DownloadLimit = $limit }
        # Ctrl-C has suspended it, and that it stays; all else goes on by itself.
        Resume-P2PTransfer huge.bin -Peer $Receiver.Name
        Wait-Until -Seconds 60 { (Get-P2PTransfer huge.bin -Peer $Receiver.Name).BytesCompleted -gt 0 }
        Stop-P2PTransfer huge.bin -Peer $Receiver.Name
        Stop-P2PPeer $Receiver.Name
    }
}

AfterAll { Stop-TestPeers }

Describe 'A running transfer of 4 GiB' {
    It 'is left in order by SIG<_>' -ForEach 'TERM', 'HUP', 'INT' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has no signals' }
        $receiver = Start-Receiver "sig$($_.ToLowerInvariant())"
        Send-Signal $receiver $_
        Test-LeftInOrder $receiver
    }

    It 'is left in order by exit' {
        # Not before the swarm has seen it receive: what it tells it tells within a moment, and it might be gone in that moment.
        $seen = Join-Path $TestDrive 'leaver-was-seen'
        $receiver = Start-Receiver leaver -Then "`$null = Receive-P2PFile huge.bin 'INTO' -AsJob; while (-not (Test-Path '$seen')) { Start-Sleep -Milliseconds 50 }; exit 7"
        $null = New-Item $seen
        $receiver.Process.WaitForExit(30000) | Should -BeTrue
        $receiver.Process.ExitCode | Should -Be 7
        Test-LeftInOrder $receiver
    }

    It 'is left in order by Remove-Module, which says how many peers it stopped' {
        $seen = Join-Path $TestDrive 'remover-was-seen'
        $receiver = Start-Receiver remover -Then "`$job = Receive-P2PFile huge.bin 'INTO' -AsJob; while (-not (Test-Path '$seen')) { Start-Sleep -Milliseconds 50 }; Remove-Module P2PShare 3>&1; `"job is `$(`$job.State)`""
        $null = New-Item $seen
        $receiver.Process.WaitForExit(30000) | Should -BeTrue
        $said = $receiver.Process.StandardOutput.ReadToEnd()
        $said | Should -Match '1 peer was stopped'
        $said | Should -Match 'job is (Failed|Running)'
        Test-LeftInOrder $receiver
    }

    It 'is left in order by Ctrl-C, job removal and Stop-Job' {
        $far = Start-TestPeer $swarm far $TestDrive -Join $north -With @{ DownloadLimit = $limit }
        try {
            $into = Join-Path $TestDrive 'into-far'
            $shell = [powershell]::Create()
            $null = $shell.AddScript("Import-Module '$(Get-TestedManifest)'; Receive-P2PFile huge.bin '$into' -Peer far")
            $null = $shell.BeginInvoke()
            Wait-Until { (Get-P2PTransfer huge.bin -Peer far -ErrorAction Ignore).BytesCompleted -gt 0 }
            $shell.Stop()
            $shell.Dispose()
            Wait-Until { (Get-P2PTransfer huge.bin -Peer far).State -eq 'Suspended' }
            $had = (Get-P2PTransfer huge.bin -Peer far).BytesCompleted

            foreach ($end in { Remove-Job $args[0] -Force }, { Stop-Job $args[0]; Remove-Job $args[0] }) {
                $job = Receive-P2PFile huge.bin $into -Peer far -AsJob
                Wait-Until { (Get-P2PTransfer huge.bin -Peer far).BytesCompleted -gt $had }
                & $end $job
                Wait-Until { (Get-P2PTransfer huge.bin -Peer far).State -eq 'Suspended' }
                $had = (Get-P2PTransfer huge.bin -Peer far).BytesCompleted
            }

            Join-Path $into 'huge.bin' | Should -Not -Exist
        }
        finally {
            Stop-P2PTransfer huge.bin -Peer far
            Stop-P2PPeer far
        }
    }
}

Describe 'Objects' {
    It 'appear as each transfer is complete, and the rest is suspended when nobody wants more' {
        $small = New-TestFile "$TestDrive/source/small.bin" 1000
        $null = Send-P2PFile $small.FullName -Peer north
        $far = Start-TestPeer $swarm picky $TestDrive -Join $north -With @{ DownloadLimit = $limit }
        try {
            Wait-Until { Get-P2PShare small.bin -Peer picky -ErrorAction Ignore }
            $got = Receive-P2PFile huge.bin, small.bin -Destination "$TestDrive/into-picky" -Peer picky | Select-Object -First 1
            $got.Name | Should -Be 'small.bin'
            Wait-Until { (Get-P2PTransfer huge.bin -Peer picky -ErrorAction Ignore).State -in $null, 'Suspended' }
            Get-P2PTransfer huge* -Peer picky | Stop-P2PTransfer
        }
        finally { Stop-P2PPeer picky }
    }
}
