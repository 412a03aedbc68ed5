BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    $null = New-TestFile "$TestDrive/data/one.iso" 40000 1
    $null = New-TestFile "$TestDrive/data/two.iso" 10 2
    $null = New-TestFile "$TestDrive/data/[x].txt" 10 3
    $null = New-TestFile "$TestDrive/data/tree/sub/a.txt" 11 4
    $null = New-TestFile "$TestDrive/data/tree/b.log" 12 5
    $sent = Get-ChildItem "$TestDrive/data" | Send-P2PFile -Peer north
    Wait-Until { @(Get-P2PShare -Peer south).Count -eq 4 }
}

AfterAll { Stop-TestPeers }

Describe 'Get-P2PShare' {
    It 'lists each share once, though two local peers know it' {
        (Get-P2PShare).Name | Sort-Object | Should -Be ('[x].txt', 'one.iso', 'tree', 'two.iso' | Sort-Object)
    }

    It 'lists what one peer knows, in objects that carry its id' {
        $shares = Get-P2PShare -Peer south
        $shares | Should -BeOfType P2PShare.Engine.Catalogue.ShareInfo
        $shares.PeerId | Select-Object -Unique | Should -Be $south.PeerId
        $shares.Publisher | Select-Object -Unique | Should -Be 'north'
        $shares.IsLocal | Select-Object -Unique | Should -BeFalse
    }

    It 'finds by name, wildcard, info-hash and publisher' {
        (Get-P2PShare ONE.iso).Length | Should -Be 40000
        (Get-P2PShare *.iso).Name | Should -Be 'one.iso', 'two.iso'
        (Get-P2PShare '[ot]*.iso').Name | Should -Be 'one.iso', 'two.iso'
        (Get-P2PShare ($sent | Where-Object Name -EQ 'tree').InfoHash).Name | Should -Be 'tree'
        (Get-P2PShare -InfoHash ($sent | Where-Object Name -EQ 'tree').InfoHash).Name | Should -Be 'tree'
        @(Get-P2PShare -Publisher north).Count | Should -Be 4
        Get-P2PShare -Publisher south | Should -BeNullOrEmpty
    }

    It 'finds a name that looks like a wildcard' {
        (Get-P2PShare '[x].txt').Name | Should -Be '[x].txt'
    }

    It 'complains of a name that is not there, and says nothing of a wildcard' {
        Get-P2PShare nothing, two.iso -ErrorAction SilentlyContinue -ErrorVariable problem | ForEach-Object Name | Should -Be 'two.iso'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be 'nothing'
        Get-P2PShare *.nothing -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'takes its own objects from the pipe, also after Export-Clixml' {
        (Get-P2PShare one.iso -Peer south | Get-P2PShare).PeerId | Should -Be $south.PeerId
        Get-P2PShare one.iso -Peer south | Export-Clixml "$TestDrive/share.xml"
        $again = Import-Clixml "$TestDrive/share.xml" | Get-P2PShare
        $again.Name | Should -Be 'one.iso'
        $again.PeerId | Should -Be $south.PeerId
        "$(Import-Clixml "$TestDrive/share.xml")" | Should -Be $again.InfoHash
    }

    It 'takes a local peer from the pipe' {
        (Get-P2PPeer south -Local | Get-P2PShare two.iso).PeerId | Should -Be $south.PeerId
        ($south | Get-P2PShare two.iso).PeerId | Should -Be $south.PeerId
    }

    It 'fits a table of 120 columns with readable sizes' {
        $table = Get-P2PShare | Format-Table | Out-String -Width 120
        $table | Should -Match '39\.1 KB'
        $table | Should -Match 'north'
    }
}

Describe 'Get-P2PFile' {
    It 'lists the files of a share' {
        $files = Get-P2PFile tree
        $files | Should -BeOfType P2PShare.Engine.Catalogue.ShareFileInfo
        $files.RelativePath | Sort-Object | Should -Be 'b.log', 'sub/a.txt'
        ($files | Where-Object RelativePath -EQ 'b.log').Length | Should -Be 12
        $files.ShareName | Select-Object -Unique | Should -Be 'tree'
    }

    It 'fetches the list from the publisher when it is not here' {
        $files = Get-P2PFile tree -Peer south
        $files.Count | Should -Be 2
        $files.PeerId | Select-Object -Unique | Should -Be $south.PeerId
    }

    It 'filters by path and by name' {
        (Get-P2PFile tree *.txt).RelativePath | Should -Be 'sub/a.txt'
        (Get-P2PFile tree sub/*).RelativePath | Should -Be 'sub/a.txt'
        (Get-P2PFile tree b.log).RelativePath | Should -Be 'b.log'
    }

    It 'takes shares from the pipe' {
        (Get-P2PShare *.iso -Peer south | Get-P2PFile).RelativePath | Should -Be 'one.iso', 'two.iso'
        Get-P2PShare tree -Peer south | Export-Clixml "$TestDrive/tree.xml"
        @(Import-Clixml "$TestDrive/tree.xml" | Get-P2PFile).Count | Should -Be 2
    }

    It 'complains of a share that is not there' {
        Get-P2PFile nothing -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
    }
}

Describe 'A peer that cannot join' {
    AfterEach { Get-P2PPeer lost -Local | Stop-P2PPeer }

    It 'is an error after -TimeoutSec, never an empty catalogue' {
        # Nobody listens on the port of a peer that was stopped.
        $gone = Start-TestPeer $swarm gone $TestDrive
        $gone | Stop-P2PPeer
        $null = Start-TestPeer $swarm lost $TestDrive -Join $gone
        Get-P2PShare -Peer lost -TimeoutSec 1 -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SwarmNotJoined,*'
        $problem[0].Exception.Message | Should -Match ":$($gone.Port)"
    }
}

Describe 'Remove-P2PShare' {
    BeforeEach {
        $null = New-TestFile "$TestDrive/remove/gone1.bin" 10 1
        $null = New-TestFile "$TestDrive/remove/gone2.bin" 10 2
        $null = Get-ChildItem "$TestDrive/remove" | Send-P2PFile -Peer north
        Wait-Until { @(Get-P2PShare gone* -Peer south).Count -eq 2 }
    }
    AfterEach { Remove-P2PShare gone* -Peer north }

    It 'withdraws a share from the swarm and leaves the file' {
        Remove-P2PShare gone1.bin -Peer north | Should -BeNullOrEmpty
        (Get-P2PShare gone* -Peer north).Name | Should -Be 'gone2.bin'
        Wait-Until { @(Get-P2PShare gone* -Peer south).Count -eq 1 }
        "$TestDrive/remove/gone1.bin" | Should -Exist
    }

    It 'takes shares from the pipe' {
        Get-P2PShare gone* -Peer north | Remove-P2PShare
        Get-P2PShare gone* -Peer north | Should -BeNullOrEmpty
    }

    It 'takes shares from the pipe after Export-Clixml' {
        Get-P2PShare gone1.bin -Peer north | Export-Clixml "$TestDrive/gone.xml"
        Import-Clixml "$TestDrive/gone.xml" | Remove-P2PShare
        (Get-P2PShare gone* -Peer north).Name | Should -Be 'gone2.bin'
    }

    It 'does nothing with -WhatIf' {
        Remove-P2PShare gone* -Peer north -WhatIf
        @(Get-P2PShare gone* -Peer north).Count | Should -Be 2
    }

    It 'complains of what this peer does not offer' {
        Remove-P2PShare gone1.bin -Peer south -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
        $problem[0].TargetObject | Should -Be 'gone1.bin'
        Remove-P2PShare gone* -Peer south -ErrorAction Stop
        @(Get-P2PShare gone* -Peer north).Count | Should -Be 2
    }

    It 'does not guess among several peers' {
        $e = { Remove-P2PShare gone1.bin } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
    }
}

Describe 'Remove-P2PShare -DeleteFile' {
    BeforeEach {
        $source = New-TestFile "$TestDrive/delete/once.bin" 5000 7
        $sent = $source | Send-P2PFile -Peer north
        Wait-Until { Get-P2PShare once.bin -Peer south -ErrorAction Ignore }
        $got = Receive-P2PFile once.bin "$TestDrive/received" -Peer south
    }

    AfterEach {
        Remove-P2PShare once* -Peer north
        Wait-Until { -not (Get-P2PShare once.bin -Peer south -ErrorAction Ignore) }
        Remove-Item -LiteralPath "$TestDrive/received" -Recurse
    }

    It 'deletes what was received, on this peer alone' {
        Remove-P2PShare once.bin -Peer south -DeleteFile -Confirm:$false -WarningVariable warned | Should -BeNullOrEmpty
        $got.FullName | Should -Not -Exist
        $source.FullName | Should -Exist
        $warned | Should -BeNullOrEmpty
        Get-P2PTransfer -Peer south | Where-Object InfoHash -EQ $sent.InfoHash | Should -BeNullOrEmpty
        Get-P2PShare once.bin -Peer north | Should -Not -BeNullOrEmpty
    }

    It 'never deletes what this peer published' {
        Get-P2PShare once.bin -Peer north | Remove-P2PShare -DeleteFile -Confirm:$false -WarningVariable warned -WarningAction SilentlyContinue
        $source.FullName | Should -Exist
        $got.FullName | Should -Exist
        "$warned" | Should -BeLike '*No file was deleted*'
    }

    It 'keeps what was changed, and says so' {
        Add-Content -LiteralPath $got.FullName -Value mine
        Get-P2PShare once.bin -Peer south | Remove-P2PShare -DeleteFile -Confirm:$false -WarningVariable warned -WarningAction SilentlyContinue
        $got.FullName | Should -Exist
        "$warned" | Should -BeLike '*changed since*'
    }

    It 'does nothing with -WhatIf' {
        Remove-P2PShare once.bin -Peer south -DeleteFile -WhatIf
        $got.FullName | Should -Exist
        @(Get-P2PTransfer -Peer south | Where-Object InfoHash -EQ $sent.InfoHash).Count | Should -Be 1
    }

    It 'asks, unless told not to; without -DeleteFile nothing is asked' {
        # Nobody is there to answer: to be asked is an error, which shows that it asks.
        $script = @"
Import-Module '$(Get-TestedManifest)'
`$null = Start-P2PPeer '$($swarm.SwarmPath)' -Name asked -Port 0 -ListenAddress 127.0.0.1 -NoDiscovery -StatePath '$TestDrive/asked' -ConnectTo 127.0.0.1:$($north.Port)
`$file = (Receive-P2PFile once.bin '$TestDrive/asked/into').FullName
try { Remove-P2PShare once.bin -DeleteFile; 'not asked' } catch { 'asked' }
Test-Path `$file
`$ConfirmPreference = 'None'
Remove-P2PShare once.bin -DeleteFile
Test-Path `$file
`$ConfirmPreference = 'High'
Remove-P2PShare nothing* -DeleteFile
`$file = (Receive-P2PFile once.bin '$TestDrive/asked/into').FullName
try { Remove-P2PShare once.bin -DeleteFile -Force -Confirm; 'not asked' } catch { 'asked' }
Remove-P2PShare once.bin -DeleteFile -Force
Test-Path `$file
`$null = Send-P2PFile '$($source.FullName)'
`$ConfirmPreference = 'Medium'
try { Remove-P2PShare once.bin; 'not asked' } catch { 'asked' }
`$ConfirmPreference = 'High'
try { Remove-P2PShare once.bin -Confirm; 'not asked' } catch { 'asked' }
Remove-P2PShare once.bin -ErrorAction Stop
'done'
Stop-P2PPeer
"@
        Invoke-Shell $script | Select-Object -Last 8 | Should -Be 'asked', 'True', 'False', 'asked', 'False', 'asked', 'asked', 'done'
    }

    It 'says in its metadata that it asks' {
        [System.Management.Automation.CommandMetadata]::new((Get-Command Remove-P2PShare)).ConfirmImpact | Should -Be 'High'
    }

    It 'says what it does with -Verbose, asked or not' {
        $said = Remove-P2PShare once.bin -Peer south -Verbose 4>&1
        "$said" | Should -BeLike '*Stop offering the share from this peer*once.bin*'
        $got.FullName | Should -Exist
    }

    It 'does nothing when the session says -WhatIf' {
        $WhatIfPreference = $true
        Remove-P2PShare once.bin -Peer south
        $WhatIfPreference = $false
        @(Get-P2PTransfer -Peer south | Where-Object InfoHash -EQ $sent.InfoHash).Count | Should -Be 1
    }
}
