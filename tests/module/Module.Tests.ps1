BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $module = Get-Module P2PShare
    $manifest = Import-PowerShellDataFile (Join-Path $module.ModuleBase 'P2PShare.psd1')
}

Describe 'The module' {
    It 'exports exactly the cmdlets that are compiled' {
        $compiled = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'P2PShare.PowerShell' } | ForEach-Object { $_.GetExportedTypes() } |
            ForEach-Object { $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false) } | ForEach-Object { "$($_.VerbName)-$($_.NounName)" } | Sort-Object
        $manifest.CmdletsToExport | Sort-Object | Should -Be $compiled
        (Get-Command -Module P2PShare).Name | Sort-Object | Should -Be $compiled
    }

    It 'exports nothing by wildcard' {
        $manifest.CmdletsToExport + $manifest.FunctionsToExport + $manifest.AliasesToExport + $manifest.VariablesToExport | Should -Not -Contain '*'
    }

    It 'has a file of tests for each cmdlet' {
        foreach ($name in $manifest.CmdletsToExport) { "$PSScriptRoot/$name.Tests.ps1" | Should -Exist }
    }

    It 'brings no assembly of PowerShell along' {
        Join-Path $module.ModuleBase 'System.Management.Automation.dll' | Should -Not -Exist
    }

    It 'asks for the PowerShell it was made for' {
        $manifest.PowerShellVersion | Should -Be '7.6'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'uses approved verbs and the prefix P2P' {
        $approved = (Get-Verb).Verb
        Get-Command -Module P2PShare | ForEach-Object {
            $_.Verb | Should -BeIn $approved
            $_.Noun | Should -Match '^P2P[A-Z]'
        }
    }

    It 'says of each cmdlet with output what it is' {
        Get-Command -Module P2PShare | Where-Object Name -NE 'Remove-P2PShare' | ForEach-Object { $_.OutputType.Count | Should -BeGreaterThan 0 -Because $_.Name }
    }

    It 'asks before it changes something' {
        Get-Command -Module P2PShare | Where-Object Verb -NotIn 'Get', 'Test', 'Wait' | ForEach-Object { $_.Parameters.Keys | Should -Contain 'WhatIf' -Because $_.Name }
    }

    It 'calls no property of its objects Id or Path' {
        foreach ($type in 'P2PShare.Engine.Transfers.TransferInfo', 'P2PShare.Engine.Catalogue.ShareInfo', 'P2PShare.Engine.Catalogue.ShareFileInfo', 'P2PShare.Engine.Membership.PeerInfo', 'P2PShare.Engine.Membership.PeerProgress', 'P2PShare.Engine.Identity.SwarmInfo', 'P2PShare.Engine.PeerEvent') {
            ($type -as [type]).GetProperties().Name | Where-Object { $_ -in 'Id', 'Path' } | Should -BeNullOrEmpty -Because $type
        }
    }

    It 'spells parameters one way everywhere' {
        $parameters = Get-Command -Module P2PShare | ForEach-Object { $_.Parameters.Keys }
        $parameters | Where-Object { $_ -in 'Timeout', 'TimeoutSeconds', 'TimeoutSecs', 'Id' } | Should -BeNullOrEmpty
    }

    It 'never binds -Name by property name' {
        Get-Command -Module P2PShare | ForEach-Object { $_.ParameterSets.Parameters } | Where-Object Name -In 'Name', 'ShareName' | ForEach-Object { $_.ValueFromPipelineByPropertyName | Should -BeFalse }
    }

    It 'has tables of at most six columns and a list for each type it emits' {
        [xml] $format = Get-Content -Raw (Join-Path $module.ModuleBase 'P2PShare.Format.ps1xml')
        foreach ($type in 'P2PShare.Engine.Transfers.TransferInfo', 'P2PShare.Engine.Catalogue.ShareInfo', 'P2PShare.Engine.Catalogue.ShareFileInfo', 'P2PShare.Engine.Membership.PeerInfo', 'P2PShare.Engine.Membership.PeerProgress', 'P2PShare.Engine.Identity.SwarmInfo', 'P2PShare.Engine.PeerEvent') {
            $views = $format.Configuration.ViewDefinitions.View | Where-Object { $_.ViewSelectedBy.TypeName -eq $type }
            $table = $views.TableControl | Where-Object { $_ }
            @($table.TableHeaders.TableColumnHeader).Count | Should -BeIn (3..6) -Because $type
            @($views.ListControl | Where-Object { $_ }).Count | Should -Be 1 -Because $type
        }
    }
}

Describe 'Text for people' {
    It 'writes <Bytes> bytes as <Text>' -ForEach @(
        @{ Bytes = 0; Text = '0 B' }
        @{ Bytes = 1023; Text = '1023 B' }
        @{ Bytes = 1024; Text = '1.0 KB' }
        @{ Bytes = 1536; Text = '1.5 KB' }
        @{ Bytes = 1048575; Text = '1.0 MB' }
        @{ Bytes = 4GB; Text = '4.0 GB' }
        @{ Bytes = [long]::MaxValue; Text = '8.0 EB' }
        @{ Bytes = -1; Text = '' }
    ) {
        $culture = [Threading.Thread]::CurrentThread.CurrentCulture
        try {
            [Threading.Thread]::CurrentThread.CurrentCulture = [cultureinfo]::InvariantCulture
            [P2PShare.PowerShell.Views.DisplayText]::Size($Bytes) | Should -Be $Text
        }
        finally { [Threading.Thread]::CurrentThread.CurrentCulture = $culture }
    }

    It 'never shows 100 % before it is' {
        [P2PShare.PowerShell.Views.DisplayText]::Percent(99.99) | Should -Not -Match '100'
        [P2PShare.PowerShell.Views.DisplayText]::Percent(100) | Should -Be '100 %'
    }

    It 'disarms names' {
        [P2PShare.PowerShell.Views.DisplayText]::Safe("a`e[2Jb`u{202E}c`n") | Should -Not -Match "[`e`u{202E}`n]"
        [P2PShare.PowerShell.Views.DisplayText]::Safe('größe [1] 😀.txt') | Should -Be 'größe [1] 😀.txt'
    }
}
