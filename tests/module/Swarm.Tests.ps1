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

Describe '-SwarmKey' {
    BeforeAll {
        $swarm = New-P2PSwarm -Name keyed -Path $TestDrive/key
        $text = Get-Content -LiteralPath $swarm.SwarmPath -Raw
        function Protect([string] $Text) { [Net.NetworkCredential]::new('', $Text).SecurePassword }
        $key = Protect $text
        $common = @{ Port = 0; ListenAddress = '127.0.0.1'; NoDiscovery = $true; StatePath = "$TestDrive/key-state" }
        # The middle of the join issuer's key, as it would stand in any file.
        $secret = ([regex]::Match($text, '(?s)BEGIN PRIVATE KEY-----(.+?)-----END').Groups[1].Value -split "`n" | Where-Object { $_ })[1]
    }

    AfterAll { Stop-TestPeers }

    It 'is said by Get-P2PSwarm to be of its swarm' {
        $info = Get-P2PSwarm -SwarmKey $key
        $info.SwarmId | Should -Be $swarm.SwarmId
        $info.SwarmPath | Should -Be '-'
    }

    It 'starts a peer that meets those with the file, and is neither written nor told' {
        $first = Start-P2PPeer $swarm.SwarmPath -Name first @common
        $all = Start-P2PPeer -SwarmKey $key -Name keyed -ConnectTo "127.0.0.1:$($first.Port)" -Verbose -Debug:$false @common *>&1
        $keyed = $all | Where-Object { $_ -is [Management.Automation.Job] }
        $keyed.State | Should -Be 'Running'
        Wait-Until { @(Get-P2PPeer -Peer keyed | Where-Object Name -EQ first).Count -eq 1 }
        (Test-P2PPeer keyed | Where-Object Name -EQ Certificate).Status | Should -Be 'Passed'
        $said = ($all | Out-String) + ($keyed | Receive-Job *>&1 | Out-String) + ($keyed | Format-List * -Force | Out-String)
        $said | Should -Not -Match ([regex]::Escape($secret))
        Stop-P2PPeer keyed, first
        Get-ChildItem $TestDrive/key-state -Recurse -File -Force | Select-String -SimpleMatch $secret | Should -BeNullOrEmpty
        Select-String -LiteralPath $swarm.SwarmPath -SimpleMatch $secret | Should -Not -BeNullOrEmpty
    }

    It 'is the same peer as with the file' {
        $file = (Start-P2PPeer $swarm.SwarmPath -Name same @common).PeerId
        Stop-P2PPeer same
        (Start-P2PPeer -SwarmKey $key -Name same @common).PeerId | Should -Be $file
        Stop-P2PPeer same
    }

    It 'is tested by Test-P2PPeer' {
        $checks = Test-P2PPeer -SwarmKey $key -Port 0 -ListenAddress 127.0.0.1 -StatePath "$TestDrive/key-state" -TimeoutSec 0
        ($checks | Where-Object Name -EQ Certificate).Status | Should -Be 'Passed'
    }

    It 'is refused as the file would be: <What>' -ForEach @(
        @{ What = 'no PEM'; Make = { 'hello' }; Id = 'SwarmFileInvalid'; Category = 'InvalidData' }
        @{ What = 'cut off'; Make = { $text.Substring(0, 700) }; Id = 'SwarmFileInvalid'; Category = 'InvalidData' }
        @{ What = 'the admin file'; Make = { Get-Content -LiteralPath $swarm.AdminPath -Raw }; Id = 'SwarmFileIsAdmin'; Category = 'InvalidArgument' }
    ) {
        $bad = & $Make
        $file = "$TestDrive/key/bad.pem"
        Set-Content -LiteralPath $file -Value $bad -NoNewline
        if (-not $IsWindows) { [IO.File]::SetUnixFileMode($file, 'UserRead, UserWrite') }
        $byFile = { Start-P2PPeer $file @common } | Should -Throw -PassThru
        $byKey = { Start-P2PPeer -SwarmKey (Protect $bad) @common } | Should -Throw -PassThru
        foreach ($problem in $byFile, $byKey) {
            $problem.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problem.CategoryInfo.Category | Should -Be $Category
        }

        "$byKey $($byKey.TargetObject)" | Should -Not -BeLike "*$secret*"
        { Get-P2PSwarm -SwarmKey (Protect 'hello') } | Should -Throw -ErrorId 'SwarmFileInvalid,*'
    }

    It 'does not go with a path, and is no string' {
        { Start-P2PPeer -SwarmKey $key -SwarmPath $swarm.SwarmPath @common } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Start-P2PPeer -SwarmKey $text @common } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage,*'
    }
}
