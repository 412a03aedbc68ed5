BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
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
