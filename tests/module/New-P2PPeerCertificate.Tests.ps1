BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
}

Describe 'New-P2PPeerCertificate' {
    BeforeAll { $swarm = New-P2PSwarm -Name lab -Path $TestDrive/cert }

    It 'makes a file for each machine' {
        $made = 'web1', 'web2' | New-P2PPeerCertificate -AdminPath $swarm.AdminPath -Path $TestDrive/cert -Role Client -Validity 30.00:00
        $made.PeerName | Should -Be 'web1', 'web2'
        $made.Role | Should -Be 'Client', 'Client'
        $made.SwarmId | Select-Object -Unique | Should -Be $swarm.SwarmId
        $made[0].SwarmPath | Should -Be (Join-Path $TestDrive 'cert' 'web1.peer.pem')
        $made[0].NotAfter | Should -BeLessThan ([datetime]::UtcNow.AddDays(31))
        if (-not $IsWindows) { [IO.File]::GetUnixFileMode($made[0].SwarmPath) | Should -Be ([IO.UnixFileMode] 'UserRead, UserWrite') }
    }

    It 'needs the admin file' {
        New-P2PPeerCertificate -Name web3 -AdminPath $swarm.SwarmPath -Path $TestDrive/cert -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'AdminFileRequired,*'
    }

    It 'replaces a file only with -Force' {
        $null = New-P2PPeerCertificate -Name web4 -AdminPath $swarm.AdminPath -Path $TestDrive/cert
        New-P2PPeerCertificate -Name web4 -AdminPath $swarm.AdminPath -Path $TestDrive/cert -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SwarmFileExists,*'
        (New-P2PPeerCertificate -Name web4 -AdminPath $swarm.AdminPath -Path $TestDrive/cert -Force).PeerName | Should -Be 'web4'
    }

    It 'does nothing with -WhatIf' {
        New-P2PPeerCertificate -Name ghost -AdminPath $swarm.AdminPath -Path $TestDrive/cert -WhatIf
        "$TestDrive/cert/ghost.peer.pem" | Should -Not -Exist
    }
}
