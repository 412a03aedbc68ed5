BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $null = Start-TestPeer (New-P2PSwarm -Name elsewhere -Path $TestDrive) 'no-where' $TestDrive
    foreach ($name in 'plain.iso', 'two words.iso', "it's.txt", '[x].txt', 'größe.txt', 'a]b.txt', '$price.txt', 'a$(b) c`d.txt') { $null = New-TestFile (Join-Path $TestDrive "data/$name") 10 }
    $null = Get-ChildItem "$TestDrive/data" | Send-P2PFile -Peer north

    function Complete([string] $Text) { [Management.Automation.CommandCompletion]::CompleteInput($Text, $Text.Length, $null).CompletionMatches }
}

AfterAll { Stop-TestPeers }

Describe 'Completion' {
    It 'completes <Text> to <Expected>' -ForEach @(
        @{ Text = 'Receive-P2PFile pl'; Expected = 'plain.iso' }
        @{ Text = 'Receive-P2PFile two'; Expected = "'two words.iso'" }
        @{ Text = "Receive-P2PFile 'two"; Expected = "'two words.iso'" }
        @{ Text = 'Receive-P2PFile it'; Expected = "'it''s.txt'" }
        @{ Text = "Receive-P2PFile 'it''"; Expected = "'it''s.txt'" }
        @{ Text = "Receive-P2PFile '`$pr"; Expected = "'`$price.txt'" }
        @{ Text = "Receive-P2PFile 'a`$("; Expected = "'a`$(b) c````d.txt'" }
        @{ Text = "Receive-P2PFile '``[x"; Expected = "'``[x``].txt'" }
        @{ Text = 'Receive-P2PFile "two'; Expected = "'two words.iso'" }
        @{ Text = 'Get-P2PShare gr'; Expected = 'größe.txt' }
        @{ Text = 'Get-P2PFile -ShareName plain'; Expected = 'plain.iso' }
        @{ Text = 'Remove-P2PShare pl'; Expected = 'plain.iso' }
        @{ Text = 'Get-P2PPeer nor'; Expected = 'north' }
        @{ Text = 'Stop-P2PPeer nor'; Expected = 'north' }
        @{ Text = 'Send-P2PFile x -Peer no-'; Expected = 'no-where' }
        @{ Text = 'Start-P2PPeer -Na'; Expected = '-Name' }
    ) {
        (Complete $Text).CompletionText | Should -Contain $Expected
    }

    It 'offers all names, each of which means exactly one share' {
        $offered = (Complete 'Get-P2PShare ').CompletionText
        $offered.Count | Should -Be 8
        foreach ($text in $offered) { @(& ([scriptblock]::Create("Get-P2PShare $text -Peer north -ErrorAction Stop"))).Count | Should -Be 1 -Because $text }
    }

    It 'heeds -Peer' {
        (Complete 'Get-P2PShare -Peer no-where pl').CompletionText | Should -Not -Contain 'plain.iso'
    }

    It 'answers at once' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $null = Complete 'Receive-P2PFile '
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 1
    }
}
