BeforeDiscovery {
    $docs = Join-Path $PSScriptRoot '../../docs/en-US'
    # What examples use of modules that a machine may lack.
    $elsewhere = 'Get-Secret', 'Set-Secret'
    $topics = Get-ChildItem $docs -Filter *-*.md | ForEach-Object { @{ Name = $_.BaseName; File = $_.FullName; Elsewhere = $elsewhere } }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
}

Describe 'The help of <Name>' -ForEach $topics {
    BeforeAll { $text = Get-Content -Raw -LiteralPath $File }

    It 'is about a cmdlet and has no gaps' {
        Get-Command $Name -Module P2PShare | Should -Not -BeNullOrEmpty
        $text | Should -Not -Match '\{\{'
    }

    It 'describes exactly the parameters there are' {
        $described = [regex]::Matches($text, '(?m)^### -(\w+)').ForEach({ $_.Groups[1].Value }) | Sort-Object
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        (Get-Command $Name).Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object | Should -Be $described
    }

    It 'has two examples or more, which parse and use parameters there are' {
        $examples = [regex]::Matches($text, '(?s)```powershell\n(.*?)\n```').ForEach({ $_.Groups[1].Value })
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $problems = $null
            $tree = [Management.Automation.Language.Parser]::ParseInput($example, [ref] $null, [ref] $problems)
            $problems | Should -BeNullOrEmpty -Because $example
            foreach ($command in $tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                if ($command.GetCommandName() -in $Elsewhere) { continue }
                $known = (Get-Command $command.GetCommandName()).Parameters
                $command.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] } |
                    ForEach-Object { $_.ParameterName | Should -BeIn (@($known.Keys) + @($known.Values.Aliases)) -Because $example }
            }
        }
    }
}

Describe 'The help' {
    It 'has a topic for each cmdlet, and about the module' {
        $docs = Join-Path $PSScriptRoot '../../docs/en-US'
        (Get-ChildItem $docs -Filter *-*.md).BaseName | Sort-Object | Should -Be ((Get-Command -Module P2PShare).Name | Sort-Object)
        Join-Path $docs 'about_P2PShare.md' | Should -Exist
    }
}
