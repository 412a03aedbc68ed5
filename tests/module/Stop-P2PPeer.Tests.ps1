BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $state = Join-Path $TestDrive 'state'
}

AfterAll { Stop-TestPeers }

Describe 'Stop-P2PPeer' {
    AfterEach { Stop-TestPeers }

    It 'implies the only peer' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'does not guess among several' {
        $null = Start-TestPeer $swarm north $TestDrive
        $null = Start-TestPeer $swarm south $TestDrive
        $e = { Stop-P2PPeer } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
        @(Get-P2PPeer -Local).Count | Should -Be 2
    }

    It 'complains when none runs' {
        $e = { Stop-P2PPeer } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'NoPeerRunning,*'
    }

    It 'takes names, wildcards, objects and jobs' {
        $jobs = foreach ($name in 'a', 'b1', 'b2', 'c', 'd', 'e') { Start-TestPeer $swarm $name $TestDrive }
        Stop-P2PPeer a
        Stop-P2PPeer b*
        Get-P2PPeer c -Local | Stop-P2PPeer
        $jobs[4] | Stop-P2PPeer
        @(Get-P2PPeer -Local).Name | Should -Be 'e'
        Stop-P2PPeer $jobs[5].PeerId -PassThru | ForEach-Object Name | Should -Be 'e'
    }

    It 'complains of each name that does not run, and goes on' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer nobody, north -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotFound,*'
        $problem[0].TargetObject | Should -Be 'nobody'
        Get-P2PPeer -Local | Should -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        $null = Start-TestPeer $swarm north $TestDrive
        Stop-P2PPeer -WhatIf
        @(Get-P2PPeer -Local).Count | Should -Be 1
    }
}
