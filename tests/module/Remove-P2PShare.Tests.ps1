BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/Shares.ps1"
}

AfterAll { Stop-TestPeers }

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
