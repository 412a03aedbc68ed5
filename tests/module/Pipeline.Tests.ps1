BeforeDiscovery {
    # What is piped, into what, and what must come of it. Each is tried with the live object and with one that was serialised.
    $pairs = @(
        @{ From = 'swarm'; Into = 'Get-P2PSwarm'; Do = { $_ | Get-P2PSwarm }; Then = { $got.SwarmId | Should -Be $swarm.SwarmId } }
        @{ From = 'swarm'; Into = 'Start-P2PPeer'; Do = { $_ | Start-P2PPeer -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'swarm'; Into = 'Test-P2PPeer'; Do = { $_ | Test-P2PPeer -Port 0 -ListenAddress 127.0.0.1 -TimeoutSec 0 -StatePath "$TestDrive/tested" }; Then = { ($got | Where-Object Name -EQ Certificate).Status | Should -Be 'Passed' } }
        @{ From = 'swarm'; Into = 'Get-Item'; Do = { $_ | Get-Item }; Then = { $got.FullName | Should -Be $swarm.SwarmPath } }
        @{ From = 'peer'; Into = 'Get-P2PPeer'; Do = { $_ | Get-P2PPeer }; Then = { $got.Name | Should -Be 'south' } }
        @{ From = 'peer'; Into = 'Stop-P2PPeer'; Do = { $_ | Stop-P2PPeer -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'peer'; Into = 'Test-P2PPeer'; Do = { $_ | Test-P2PPeer }; Then = { $got.Peer | Select-Object -Unique | Should -Be 'south' } }
        @{ From = 'peer'; Into = 'Export-P2PReport'; Do = { $_ | Export-P2PReport "$TestDrive/r.html" -PassThru }; Then = { $got.Name | Should -Be 'r.html' } }
        @{ From = 'peer'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.PeerId | Select-Object -Unique | Should -Be $south.PeerId } }
        @{ From = 'peer'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.PeerId | Select-Object -Unique | Should -Be $south.PeerId } }
        @{ From = 'peer'; Into = 'Set-P2PPeer'; Do = { $_ | Set-P2PPeer -UploadLimit 100MB -PassThru }; Then = { $got.Name | Should -Be 'south' } }
        @{ From = 'peer'; Into = 'Connect-P2PPeer'; Do = { $_ | Connect-P2PPeer "127.0.0.1:$($north.Port)" }; Then = { $got.Name | Should -Be 'north' } }
        @{ From = 'peer'; Into = 'Get-P2PFile'; Do = { $_ | Get-P2PFile -ShareName '*.bin' }; Then = { $got.PeerId | Should -Be $south.PeerId } }
        @{ From = 'peer'; Into = 'Send-P2PFile'; Do = { $_ | Send-P2PFile -LiteralPath $file.FullName -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'job'; Into = 'Get-P2PPeer'; Do = { $_ | Get-P2PPeer }; Then = { $got.Name | Should -Be 'south' } }
        @{ From = 'job'; Into = 'Stop-P2PPeer'; Do = { $_ | Stop-P2PPeer -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'job'; Into = 'Set-P2PPeer'; Do = { $_ | Set-P2PPeer -UploadLimit 100MB -PassThru }; Then = { $got.Name | Should -Be 'south' } }
        @{ From = 'job'; Into = 'Test-P2PPeer'; Do = { $_ | Test-P2PPeer -Quiet }; Then = { $got | Should -BeOfType bool } }
        @{ From = 'job'; Into = 'Export-P2PReport'; Do = { $_ | Export-P2PReport "$TestDrive/r.html" -PassThru }; Then = { $got.Name | Should -Be 'r.html' } }
        @{ From = 'job'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.PeerId | Select-Object -Unique | Should -Be $south.PeerId } }
        @{ From = 'job'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.PeerId | Select-Object -Unique | Should -Be $south.PeerId } }
        @{ From = 'progress'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.InfoHash | Should -Be $share.InfoHash } }
        @{ From = 'progress'; Into = 'Get-P2PPeer'; Do = { $_ | Get-P2PPeer }; Then = { $got.Name | Should -Be 'south' } }
        @{ From = 'progress'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.InfoHash | Select-Object -Unique | Should -Be $share.InfoHash } }
        @{ From = 'peer'; Into = '-To-like text'; Do = { "$_" }; Then = { $got | Should -Be 'south' } }
        @{ From = 'share'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.InfoHash | Should -Be $share.InfoHash } }
        @{ From = 'share'; Into = 'Get-P2PFile'; Do = { $_ | Get-P2PFile }; Then = { $got.RelativePath | Should -Be '[x].bin' } }
        @{ From = 'share'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.InfoHash | Select-Object -Unique | Should -Be $share.InfoHash } }
        @{ From = 'share'; Into = 'Receive-P2PFile'; Do = { $_ | Receive-P2PFile -Destination "$TestDrive/again" -Force }; Then = { $got.State | Should -Be 'Completed' } }
        @{ From = 'share'; Into = 'Remove-P2PShare'; Do = { $_ | Remove-P2PShare -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'share'; Into = 'text'; Do = { "$_" }; Then = { $got | Should -Be $share.InfoHash } }
        @{ From = 'file'; Into = 'Receive-P2PFile'; Do = { $_ | Receive-P2PFile -Destination "$TestDrive/some" -Force }; Then = { $got.FileCount | Should -Be 1 } }
        @{ From = 'file'; Into = 'Get-P2PFile'; Do = { $_ | Get-P2PFile }; Then = { $got.RelativePath | Should -Be '[x].bin' } }
        @{ From = 'file'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.InfoHash | Select-Object -Unique | Should -Be $share.InfoHash } }
        @{ From = 'file'; Into = 'Remove-P2PShare'; Do = { $_ | Remove-P2PShare -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'file'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.InfoHash | Should -Be $share.InfoHash } }
        @{ From = 'transfer'; Into = 'Get-P2PTransfer'; Do = { $_ | Get-P2PTransfer }; Then = { $got.TransferId | Should -Be $transfer.TransferId } }
        @{ From = 'transfer'; Into = 'Wait-P2PTransfer'; Do = { $_ | Wait-P2PTransfer }; Then = { $got.TransferId | Should -Be $transfer.TransferId } }
        @{ From = 'transfer'; Into = 'Suspend-P2PTransfer'; Do = { $_ | Suspend-P2PTransfer -WhatIf -ErrorAction Ignore }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'transfer'; Into = 'Resume-P2PTransfer'; Do = { $_ | Resume-P2PTransfer -WhatIf -ErrorAction Ignore }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'transfer'; Into = 'Stop-P2PTransfer'; Do = { $_ | Stop-P2PTransfer -WhatIf -ErrorAction Ignore }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'transfer'; Into = 'Get-P2PFile'; Do = { $_ | Get-P2PFile }; Then = { $got.RelativePath | Should -Be '[x].bin' } }
        @{ From = 'transfer'; Into = 'Remove-P2PShare'; Do = { $_ | Remove-P2PShare -DeleteFile -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'transfer'; Into = 'Get-P2PShare'; Do = { $_ | Get-P2PShare }; Then = { $got.InfoHash | Should -Be $share.InfoHash } }
        @{ From = 'transfer'; Into = 'Get-Item'; Do = { $_ | Get-Item }; Then = { $got.FullName | Should -Be $transfer.FullName } }
        @{ From = 'transfer'; Into = 'Get-FileHash'; Do = { $_ | Get-FileHash }; Then = { $got.Hash | Should -Be (Get-FileHash -LiteralPath $file.FullName).Hash } }
        @{ From = 'transfer'; Into = 'Send-P2PFile'; Do = { $_ | Send-P2PFile -Peer south -WhatIf }; Then = { $got | Should -BeNullOrEmpty } }
        @{ From = 'transfer'; Into = 'Receive-P2PFile'; Do = { $_ | Receive-P2PFile -Destination "$TestDrive/again" -Force }; Then = { $got.State | Should -Be 'Completed' } }
    )
    $cases = foreach ($pair in $pairs) { foreach ($how in 'live', 'serialised') { $pair + @{ How = $how } } }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    $file = New-TestFile "$TestDrive/data/[x].bin" 50000
    $null = Send-P2PFile -LiteralPath $file.FullName -Peer north
    Wait-Until { @(Get-P2PShare -Peer south).Count -eq 1 }
    $share = Get-P2PShare -Peer south
    $transfer = $share | Receive-P2PFile -Destination "$TestDrive/into"
    $objects = @{
        swarm = $swarm
        peer = Get-P2PPeer south
        share = Get-P2PShare -Peer south
        file = Get-P2PShare -Peer south | Get-P2PFile
        transfer = $transfer
        job = $south
        progress = Get-P2PTransfer -Share *.bin -AllPeers -Peer south | Where-Object PeerName -EQ south
    }
}

AfterAll { Stop-TestPeers }

Describe 'Objects in the pipe' {
    It 'a <How> <From> goes into <Into>' -ForEach $cases {
        $object = $objects[$From]
        if ($How -eq 'serialised') { $object = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($object)) }
        $got = $object | ForEach-Object $Do
        . $Then
        # And what comes of it is what the cmdlet said would.
        if ($Into -like '*-P2P*') {
            $promised = (Get-Command $Into).OutputType.Name
            $got | ForEach-Object { $_.GetType().FullName | Should -BeIn $promised }
        }
    }

    It 'a job of a peer goes where its peer does' {
        ($south | Get-P2PPeer).Name | Should -Be 'south'
        ($south | Test-P2PPeer -Quiet) | Should -BeOfType bool
        (Get-P2PShare -Peer $south).PeerId | Should -Be $south.PeerId
    }

    It 'a foreign object goes nowhere' {
        foreach ($command in 'Receive-P2PFile', 'Remove-P2PShare', 'Suspend-P2PTransfer', 'Get-P2PTransfer') {
            Get-Process -Id $PID | & $command -Peer south -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -Match '^(InputObjectNotBound|ShareNotFound|AmbiguousParameterSet)' -Because $command
        }
    }
}

Describe 'A peer that runs elsewhere' {
    It 'is not stopped from here' {
        $away = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((Get-P2PPeer north)))
        $away.PeerId = 'ab' * 32
        Stop-P2PPeer $away -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotLocal,*'
        @(Get-P2PPeer -Local).Count | Should -Be 2
    }

    It 'is not stopped from here either when none runs here any more' {
        $script = @"
Import-Module '$(Get-TestedManifest)'
`$null = Start-P2PPeer '$($swarm.SwarmPath)' -Name gone -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath '$TestDrive/gone' -ConnectTo 127.0.0.1:$($north.Port)
while (@(Get-P2PPeer).Count -lt 2) { Start-Sleep -Milliseconds 50 }
Get-P2PPeer | Sort-Object IsLocal -Descending | Stop-P2PPeer -ErrorAction SilentlyContinue -ErrorVariable problem
`$problem.FullyQualifiedErrorId | Select-Object -Unique
@(Get-P2PPeer -Local -ErrorAction Ignore).Count
"@
        Invoke-Shell $script | Should -Be 'PeerNotLocal,P2PShare.PowerShell.Commands.StopP2PPeerCommand', '0'
    }
}

Describe 'Preferences' {
    It 'honour -Verbose' {
        $verbose = Send-P2PFile -LiteralPath $file.FullName -Peer north -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        $verbose.Message -join "`n" | Should -Match 'Publishing'
    }

    It 'honour -Debug' {
# -Debug itself asks at each line, and here is nobody to answer.
        $DebugPreference = 'Continue'
        try { $debug = $share | Receive-P2PFile -Destination "$TestDrive/debug" 5>&1 | Where-Object { $_ -is [Management.Automation.DebugRecord] } }
        finally { $DebugPreference = 'SilentlyContinue' }
        $debug.Message -join "`n" | Should -Match 'bytes from peers'
    }

    It 'honour -ErrorAction, -ErrorVariable and -OutVariable' {
        { Receive-P2PFile nothing -Destination "$TestDrive/x" -Peer south -ErrorAction Stop } | Should -Throw -ErrorId 'ShareNotFound,*'
        Receive-P2PFile nothing -Destination "$TestDrive/x" -Peer south -ErrorAction Ignore -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
        $null = Get-P2PShare -Peer south -OutVariable kept
        $kept.Count | Should -Be 1
    }

    It 'honour $WhatIfPreference and $ConfirmPreference' {
        $WhatIfPreference = $true
        try { Remove-P2PShare '`[x`].bin' -Peer north } finally { $WhatIfPreference = $false }
        @(Get-P2PShare -Peer north).Count | Should -Be 1
        # Not interactive: to be asked is an error, which shows that it would ask.
        $asked = Invoke-Shell "Import-Module '$(Get-TestedManifest)'; `$ConfirmPreference = 'Low'; try { New-P2PSwarm asked '$TestDrive/asked' } catch { `$_.FullyQualifiedErrorId }"
        $asked -join '' | Should -Not -BeNullOrEmpty
        "$TestDrive/asked/asked.swarm.pem" | Should -Not -Exist
    }
}

Describe 'Paths' {
    BeforeAll { $null = New-TestFile "$TestDrive/paths/deep/a.txt" 10 }

    It 'are those of the session, not of the process: location, drive and ~' {
        Push-Location "$TestDrive/paths"
        try { (Send-P2PFile deep/a.txt -Peer north -WhatIf:$false).LocalPath | Should -Be (Get-Item "$TestDrive/paths/deep/a.txt").FullName }
        finally { Pop-Location }
        $null = New-PSDrive -Name p2ptest -PSProvider FileSystem -Root "$TestDrive/paths"
        (Send-P2PFile p2ptest:/deep/a.txt -Peer north).LocalPath | Should -Be (Get-Item "$TestDrive/paths/deep/a.txt").FullName
        Remove-P2PShare a.txt -Peer north
        Wait-Until { -not (Get-P2PShare a.txt -Peer south -ErrorAction Ignore) }
        { Send-P2PFile '~/p2pshare-no-such-file' -Peer north -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
    }

    It 'of a network share are used on Windows, and refused elsewhere' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'there UNC paths are paths like others' }
        $before = (Get-ChildItem $TestDrive).Count
        foreach ($try in { Receive-P2PFile x.bin '\\server\share\into' -Peer south -ErrorAction Stop }, { Send-P2PFile '\\server\share\x.bin' -Peer north -ErrorAction Stop }, { Send-P2PFile -LiteralPath '\\server\share\x.bin' -Peer north -ErrorAction Stop }) {
            $problem = { & $try } | Should -Throw -PassThru
            $problem.FullyQualifiedErrorId | Should -BeLike 'UncPathNotSupported,*'
            $problem.TargetObject | Should -BeLike '\\server*'
        }

        (Get-ChildItem $TestDrive).Count | Should -Be $before
    }

    It 'may be long' {
        $folder = "$TestDrive/long/" + (('d' * 60 + '/') * 5)
        $long = New-TestFile "$folder$('n' * 100).bin" 2000
        $long.FullName.Length | Should -BeGreaterThan 400
        $null = Send-P2PFile -LiteralPath $long.FullName -Peer north
        Wait-Until { @(Get-P2PShare nnn* -Peer south).Count -eq 1 }
        (Receive-P2PFile nnn* "$folder/into" -Peer south).State | Should -Be 'Completed'
        Remove-P2PShare nnn* -Peer north
        Wait-Until { @(Get-P2PShare nnn* -Peer south).Count -eq 0 }
    }
}
