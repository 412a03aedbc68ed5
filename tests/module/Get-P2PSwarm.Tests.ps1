BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
}

Describe 'Get-P2PSwarm' {
    BeforeAll {
        $swarm = New-P2PSwarm -Name lab -Path $TestDrive/get
        $other = New-P2PSwarm -Name other -Path $TestDrive/get
    }

    It 'reads files by wildcard' {
        Get-P2PSwarm "$TestDrive/get/*.swarm.pem" | ForEach-Object Name | Sort-Object | Should -Be 'lab', 'other'
    }

    It 'takes file objects from the pipe' {
        $read = Get-Item $swarm.AdminPath | Get-P2PSwarm
        $read.SwarmId | Should -Be $swarm.SwarmId
        $read.Authority | Should -Be 'Admin'
    }

    It 'takes its own objects from the pipe' {
        ($other | Get-P2PSwarm).SwarmId | Should -Be $other.SwarmId
    }

    It 'takes a name with brackets literally with -LiteralPath' {
        $copy = Copy-Item -LiteralPath $swarm.SwarmPath -Destination "$TestDrive/get/[x].swarm.pem" -PassThru
        if (-not $IsWindows) { chmod 600 $copy.FullName }
        (Get-P2PSwarm -LiteralPath $copy.FullName).SwarmId | Should -Be $swarm.SwarmId
        (Get-Item -LiteralPath $copy.FullName | Get-P2PSwarm).SwarmId | Should -Be $swarm.SwarmId
    }

    It 'says nothing of a wildcard that matches nothing, and complains of a file that is not there' {
        Get-P2PSwarm "$TestDrive/get/*.nothing" -ErrorAction Stop | Should -BeNullOrEmpty
        Get-P2PSwarm "$TestDrive/get/nothing.pem", $swarm.SwarmPath -ErrorAction SilentlyContinue -ErrorVariable problem | ForEach-Object Name | Should -Be 'lab'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be "$TestDrive/get/nothing.pem"
    }

    It 'complains of a file that is no PEM and goes on' {
        'no pem' | Set-Content "$TestDrive/get/bad.pem"
        Get-P2PSwarm "$TestDrive/get/bad.pem", $swarm.SwarmPath -ErrorAction SilentlyContinue -ErrorVariable problem | ForEach-Object Name | Should -Be 'lab'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SwarmFileInvalid,*'
        $problem[0].TargetObject | Should -Be (Join-Path $TestDrive 'get' 'bad.pem')
    }

    It 'shows no secret' {
        Get-P2PSwarm "$TestDrive/get/*.pem" -ErrorAction SilentlyContinue | Format-List * | Out-String | Should -Not -Match 'PRIVATE'
    }
}
