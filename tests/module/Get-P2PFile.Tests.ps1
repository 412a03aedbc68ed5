BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    . "$PSScriptRoot/Shares.ps1"
}

AfterAll { Stop-TestPeers }

Describe 'Get-P2PFile' {
    It 'lists the files of a share' {
        $files = Get-P2PFile tree
        $files | Should -BeOfType P2PShare.Engine.Catalogue.ShareFileInfo
        $files.RelativePath | Sort-Object | Should -Be 'b.log', 'sub/a.txt'
        ($files | Where-Object RelativePath -EQ 'b.log').Length | Should -Be 12
        $files.ShareName | Select-Object -Unique | Should -Be 'tree'
    }

    It 'fetches the list from the publisher when it is not here' {
        $files = Get-P2PFile tree -Peer south
        $files.Count | Should -Be 2
        $files.PeerId | Select-Object -Unique | Should -Be $south.PeerId
    }

    It 'filters by path and by name' {
        (Get-P2PFile tree *.txt).RelativePath | Should -Be 'sub/a.txt'
        (Get-P2PFile tree sub/*).RelativePath | Should -Be 'sub/a.txt'
        (Get-P2PFile tree b.log).RelativePath | Should -Be 'b.log'
    }

    It 'takes shares from the pipe' {
        (Get-P2PShare *.iso -Peer south | Get-P2PFile).RelativePath | Should -Be 'one.iso', 'two.iso'
        Get-P2PShare tree -Peer south | Export-Clixml "$TestDrive/tree.xml"
        @(Import-Clixml "$TestDrive/tree.xml" | Get-P2PFile).Count | Should -Be 2
    }

    It 'complains of a share that is not there' {
        Get-P2PFile nothing -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ShareNotFound,*'
    }
}
