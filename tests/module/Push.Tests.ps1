BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
}

AfterAll { Stop-TestPeers }

Describe 'Pushing to peers that accept' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $west = Start-TestPeer $swarm west $TestDrive -Join $north -With @{ AcceptPath = "$TestDrive/west" }
        $south = Start-TestPeer $swarm south $TestDrive -Join $north -With @{ AcceptPath = "$TestDrive/south"; AcceptFrom = 'n*' }
        Wait-Until { @(Get-P2PPeer -Peer north).Count -eq 3 }
    }
    AfterAll { Stop-TestPeers }

    It 'brings files to all of them with one command, and says who has them' {
        $null = New-TestFile "$TestDrive/push/one.bin" 50000 1
        $null = New-TestFile "$TestDrive/push/two.bin" 100 2
        $shares = Get-ChildItem "$TestDrive/push" | Send-P2PFile -Peer north -To * -Wait -TimeoutSec 60
        $shares.Name | Sort-Object | Should -Be 'one.bin', 'two.bin'
        foreach ($share in $shares) {
            $share.Recipients | Should -BeOfType P2PShare.Engine.Catalogue.ShareRecipient
            $share.Recipients.Name | Should -Be 'south', 'west'
            $share.Recipients.State | Should -Be 'Complete', 'Complete'
            $share.Copies | Should -Be 3
            Wait-Until { (Get-P2PShare $share.Name -Peer north).Copies -eq 3 }
        }
        foreach ($peer in 'west', 'south') {
            (Get-FileHash "$TestDrive/$peer/one.bin").Hash | Should -Be (Get-FileHash "$TestDrive/push/one.bin").Hash
            "$TestDrive/$peer/two.bin" | Should -Exist
        }
    }

    It 'replaces what was received with a newer version, and nothing else' {
        $file = New-TestFile "$TestDrive/versions/tool.bin" 1000 3
        $null = Send-P2PFile $file.FullName -Peer north -To west, south -Wait -TimeoutSec 60
        Set-Content "$TestDrive/south/tool.bin" 'worked on'
        $null = New-TestFile $file.FullName 2000 4
        $share = Send-P2PFile $file.FullName -Peer north -To west, south -Wait -TimeoutSec 60 -ErrorAction SilentlyContinue -ErrorVariable problem
        ($share.Recipients | Where-Object Name -EQ 'west').State | Should -Be 'Complete'
        ($share.Recipients | Where-Object Name -EQ 'south').State | Should -Be 'Failed'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OfferNotTaken,*'
        $problem[0].Exception.Message | Should -Match 'south'
        (Get-FileHash "$TestDrive/west/tool.bin").Hash | Should -Be (Get-FileHash $file.FullName).Hash
        Get-Content "$TestDrive/south/tool.bin" | Should -Be 'worked on'
    }

    It 'takes PeerInfo objects and waits for a number of copies' {
        $file = New-TestFile "$TestDrive/copies.bin" 1000 5
        $share = Send-P2PFile $file.FullName -Peer north -To (Get-P2PPeer west -Peer north) -Copies 1 -TimeoutSec 60
        $share.Recipients.Name | Should -Be 'west'
        $share.Recipients.State | Should -Be 'Complete'
    }

    It 'pushes in a job as well' {
        $file = New-TestFile "$TestDrive/job.bin" 1000 6
        $job = Send-P2PFile $file.FullName -Peer north -To w* -Wait -TimeoutSec 60 -AsJob
        $share = $job | Wait-Job -Timeout 60 | Receive-Job
        $job.State | Should -Be 'Completed'
        $share.Recipients.State | Should -Be 'Complete'
        Remove-Job $job
    }

    It 'complains of each name that is nobody, and sends to the others' {
        $file = New-TestFile "$TestDrive/names.bin" 1000 7
        $share = Send-P2PFile $file.FullName -Peer north -To nobody, west, 'x*' -Wait -TimeoutSec 60 -ErrorAction SilentlyContinue -ErrorVariable problem
        $share.Recipients.Name | Should -Be 'west'
        $problem.TargetObject | Should -Be 'nobody', 'x*'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'NoSuchPeer,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $null = New-TestFile "$TestDrive/unsent.bin" 1000 8
        Send-P2PFile "$TestDrive/unsent.bin" -Peer north -To nobody -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Get-P2PShare unsent.* | Should -BeNullOrEmpty
    }

    It 'asks nobody anything with -WhatIf' {
        $file = New-TestFile "$TestDrive/whatif.bin" 1000 9
        Send-P2PFile $file.FullName -Peer north -To * -Wait -WhatIf | Should -BeNullOrEmpty
        Get-P2PShare whatif.* | Should -BeNullOrEmpty
    }

    It 'needs something to wait for where it shall wait no longer' {
        $e = { Send-P2PFile "$TestDrive/job.bin" -Peer north -TimeoutSec 5 } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'TimeoutNeedsWait,*'
    }
}

Describe 'Offers to a peer that takes none by itself' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $west = Start-TestPeer $swarm west $TestDrive -Join $north
        Wait-Until { @(Get-P2PPeer -Peer north).Count -eq 2 }
        foreach ($name in 'a.bin', 'b.bin') {
            $null = New-TestFile "$TestDrive/offers/$name" 1000 ([int]$name[0])
            $null = Send-P2PFile "$TestDrive/offers/$name" -Peer north -To west
        }
        Wait-Until { @(Get-P2PShare -Offered -Peer west).Count -eq 2 }
    }
    AfterAll { Stop-TestPeers }

    It 'are listed: who offers what, and since when' {
        $offers = Get-P2PShare -Offered
        $offers.Name | Should -Be 'a.bin', 'b.bin'
        $offers[0] | Should -BeOfType P2PShare.Engine.Catalogue.ShareInfo
        $offers.OfferedBy | Select-Object -Unique | Should -Be 'north'
        $offers[0].Offered | Should -BeGreaterThan ([datetime]::UtcNow.AddMinutes(-10))
        $offers[0].PeerId | Should -Be $west.PeerId
        $offers | Out-String | Should -Match 'OfferedBy'
        (Get-P2PShare b* -Offered).Name | Should -Be 'b.bin'
        (Get-P2PShare -Offered -Publisher nor*).Count | Should -Be 2
        Get-P2PShare nothing -Offered -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OfferNotFound,*'
    }

    It 'say who is missing when the time is over' {
        $share = Send-P2PFile "$TestDrive/offers/a.bin" -Peer north -To west -Wait -TimeoutSec 1 -ErrorAction SilentlyContinue -ErrorVariable problem
        $share.Recipients.State | Should -Be 'Listed'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TimedOut,*'
        $problem[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $problem[0].Exception.Message | Should -Match '0 of 1 complete.*west'
    }

    It 'are received through the pipe, and gone then' {
        $received = Get-P2PShare a.bin -Offered | Receive-P2PFile -Destination "$TestDrive/west"
        $received.State | Should -Be 'Completed'
        Wait-Until { @(Get-P2PShare -Offered).Count -eq 1 }
    }

    It 'are declined through the pipe, and their publisher is told' {
        Get-P2PShare b.bin -Offered | Remove-P2PShare -WhatIf
        @(Get-P2PShare -Offered).Count | Should -Be 1
        Get-P2PShare b.bin -Offered | Remove-P2PShare
        Get-P2PShare -Offered | Should -BeNullOrEmpty
        (Get-P2PShare b.bin).Name | Should -Be 'b.bin'
        $share = Send-P2PFile "$TestDrive/offers/b.bin" -Peer north -To west -Wait -TimeoutSec 60 -ErrorAction SilentlyContinue -ErrorVariable problem
        $share.Recipients.State | Should -Be 'Declined'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OfferNotTaken,*'
    }
}

Describe 'Start-P2PPeer -AcceptPath' {
    AfterEach { Stop-TestPeers }

    It 'refuses a folder that cannot be written' {
        $null = New-TestFile "$TestDrive/a-file"
        $e = { Start-TestPeer $swarm east $TestDrive -With @{ AcceptPath = "$TestDrive/a-file/in" } } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'AcceptPathNotWritable,*'
        $e.CategoryInfo.Category | Should -Be 'WriteError'
        Get-P2PPeer -Local | Should -BeNullOrEmpty
        $e = { Start-TestPeer $swarm east $TestDrive -With @{ AcceptFrom = 'north' } } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'AcceptFromNeedsAcceptPath,*'
    }
}

Describe 'Receive-P2PFile -SeedFor' {
    BeforeAll {
        $north = Start-TestPeer $swarm north $TestDrive
        $west = Start-TestPeer $swarm west $TestDrive -Join $north
        $null = New-TestFile "$TestDrive/seed/short.bin" 1000 1
        $null = New-TestFile "$TestDrive/seed/long.bin" 1000 2
        $null = Get-ChildItem "$TestDrive/seed" | Send-P2PFile -Peer north
        Wait-Until { @(Get-P2PShare -Peer west).Count -eq 2 }
    }
    AfterAll { Stop-TestPeers }

    It 'gives what was received to others for that time, and no longer' {
        (Receive-P2PFile long.bin -Peer west -Destination "$TestDrive/in" -SeedFor 10m).State | Should -Be 'Completed'
        (Receive-P2PFile short.bin -Peer west -Destination "$TestDrive/in" -SeedFor 0).State | Should -Be 'Completed'
        Wait-Until { -not (Get-P2PShare short.bin -Peer west).IsLocal }
        Wait-Until { (Get-P2PShare long.bin -Peer north).Copies -eq 2 }
        (Get-P2PShare long.bin -Peer west).IsLocal | Should -BeTrue
        "$TestDrive/in/short.bin" | Should -Exist
    }

    It 'takes <Value> for a length of time' -ForEach @(
        @{ Value = '10m'; Seconds = 600 }, @{ Value = '1.5h'; Seconds = 5400 }, @{ Value = '30'; Seconds = 30 }, @{ Value = 45; Seconds = 45 }
        @{ Value = '00:02:00'; Seconds = 120 }, @{ Value = [timespan]::FromSeconds(7); Seconds = 7 }, @{ Value = '1d'; Seconds = 86400 }
    ) {
        $attribute = [P2PShare.PowerShell.Commands.DurationAttribute]::new()
        $attribute.Transform($ExecutionContext, $Value).TotalSeconds | Should -Be $Seconds
    }

    It 'refuses <Value>' -ForEach @(@{ Value = 'soon' }, @{ Value = '-5' }, @{ Value = -5 }, @{ Value = '1y' }, @{ Value = '' }, @{ Value = '99999999999h' }) {
        { Receive-P2PFile long.bin -Peer west -SeedFor $Value } | Should -Throw
    }
}
