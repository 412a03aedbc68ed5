BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
}

Describe 'New-P2PSwarm' {
    It 'writes the admin file and the swarm file, for their owner alone' {
        $swarm = New-P2PSwarm -Name lab -Path $TestDrive/new
        $swarm | Should -BeOfType P2PShare.Engine.Identity.SwarmInfo
        $swarm.Name | Should -Be 'lab'
        $swarm.SwarmId | Should -Match '^[0-9a-f]{40}$'
        $swarm.SwarmPath | Should -Be (Join-Path $TestDrive 'new' 'lab.swarm.pem')
        $swarm.AdminPath | Should -Be (Join-Path $TestDrive 'new' 'lab.admin.pem')
        foreach ($file in $swarm.SwarmPath, $swarm.AdminPath) {
            $file | Should -Exist
            if (-not $IsWindows) { [IO.File]::GetUnixFileMode($file) | Should -Be ([IO.UnixFileMode] 'UserRead, UserWrite') }
        }
    }

    It 'writes to the current folder when none is given' {
        Push-Location $TestDrive
        try { (New-P2PSwarm here).SwarmPath | Should -Be (Join-Path $TestDrive 'here.swarm.pem') }
        finally { Pop-Location }
    }

    It 'does nothing with -WhatIf' {
        New-P2PSwarm -Name ghost -Path $TestDrive/ghost -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/ghost" | Should -Not -Exist
    }

    It 'replaces files only with -Force' {
        $first = New-P2PSwarm -Name twice -Path $TestDrive
        $e = { New-P2PSwarm -Name twice -Path $TestDrive } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'SwarmFileExists,*'
        $e.CategoryInfo.Category | Should -Be 'ResourceExists'
        (Get-P2PSwarm $first.SwarmPath).SwarmId | Should -Be $first.SwarmId
        (New-P2PSwarm -Name twice -Path $TestDrive -Force).SwarmId | Should -Not -Be $first.SwarmId
    }

    It 'refuses the name <_>' -ForEach '../x', 'a/b', 'CON', "a`0b" {
        $e = { New-P2PSwarm -Name $_ -Path $TestDrive } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'InvalidName,*'
    }

    It 'refuses a path of another provider' {
        $e = { New-P2PSwarm -Name x -Path Env:\x } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
        $e.TargetObject | Should -Be 'Env:\x'
    }
}
