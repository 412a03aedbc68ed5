BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $path = Get-TestedManifest
    $north = Start-TestPeer $swarm north $TestDrive
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    1..24 | ForEach-Object { $null = New-TestFile "$TestDrive/data/file$_.bin" (20000 + $_) $_ }
}

AfterAll { Stop-TestPeers }

Describe 'One peer' {
    It 'publishes from many runspaces at once' {
        $shares = 1..24 | ForEach-Object -ThrottleLimit 8 -Parallel {
            Import-Module $using:path
            Send-P2PFile "$using:TestDrive/data/file$_.bin" -Peer north
        }
        @($shares.InfoHash | Select-Object -Unique).Count | Should -Be 24
        Wait-Until { @(Get-P2PShare -Peer south).Count -eq 24 }
    }

    It 'receives in many runspaces at once, while others look' {
        $looking = Start-ThreadJob {
            Import-Module $using:path
            1..40 | ForEach-Object { $null = Get-P2PPeer; $null = Get-P2PShare; $null = Get-P2PTransfer; $null = Get-P2PPeer -Local }
            'looked'
        }
        $got = 1..24 | ForEach-Object -ThrottleLimit 8 -Parallel {
            Import-Module $using:path
            Receive-P2PFile "file$_.bin" "$using:TestDrive/into" -Peer south
        }
        $got.State | Select-Object -Unique | Should -Be 'Completed'
        $got.Count | Should -Be 24
        (Get-ChildItem "$TestDrive/into").Count | Should -Be 24
        Receive-Job $looking -Wait -AutoRemoveJob | Should -Be 'looked'
        1..24 | ForEach-Object { (Get-FileHash "$TestDrive/into/file$_.bin").Hash | Should -Be (Get-FileHash "$TestDrive/data/file$_.bin").Hash }
    }

    It 'receives the same share once, whoever asks for it' {
        $got = 1..6 | ForEach-Object -ThrottleLimit 6 -Parallel {
            Import-Module $using:path
            Receive-P2PFile file1.bin "$using:TestDrive/same" -Peer south
        }
        $got.State | Select-Object -Unique | Should -Be 'Completed'
        @(Get-ChildItem "$TestDrive/same" -Force).Count | Should -Be 1
    }

    It 'goes on when a runspace that uses it is closed' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$path'; Get-P2PPeer -Local").Invoke()
        $shell.Runspace.Close()
        $shell.Dispose()
        (Get-P2PPeer south -Local).State | Should -Be 'Joined'
    }

    It 'is stopped by Ctrl-C in -Parallel no more than the runspace is' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$path'; 1..4 | ForEach-Object -Parallel { Import-Module '$path'; Receive-P2PFile never*.bin '$TestDrive/never' -Peer south -Wait }").BeginInvoke()
        Wait-Until { $shell.InvocationStateInfo.State -eq 'Running' }
        $shell.Stop()
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $shell.Dispose()
        (Get-P2PPeer south -Local).State | Should -Be 'Joined'
    }
}
