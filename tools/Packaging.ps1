# What build.ps1 package does: the module as a package for the PowerShell Gallery, the program as archives for machines
# without .NET. Dot-sourced by build.ps1, whose variables and functions it uses.

# A package as the Gallery takes it: a zip of the module's files with a .nuspec and the parts that OPC asks for.
function New-ModulePackage([string] $ModulePath, [string] $Folder) {
    $manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $ModulePath 'P2PShare.psd1')
    $version = $manifest.ModuleVersion
    $file = Join-Path $Folder "P2PShare.$version.nupkg"
    $escape = { [System.Security.SecurityElement]::Escape($args[0]) }
    $tags = @('PSModule', 'PSIncludes_Cmdlet') + $manifest.PrivateData.PSData.Tags + ($manifest.CmdletsToExport | ForEach-Object { "PSCmdlet_$_"; "PSCommand_$_" })
    $nuspec = @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>P2PShare</id>
    <version>$version</version>
    <authors>$(& $escape $manifest.Author)</authors>
    <owners>$(& $escape $manifest.CompanyName)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <license type="expression">MIT</license>
    <description>$(& $escape $manifest.Description)</description>
    <copyright>$(& $escape $manifest.Copyright)</copyright>
    <tags>$(& $escape ($tags -join ' '))</tags>
  </metadata>
</package>
"@
    $relations = @'
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/P2PShare.nuspec" Id="R1" />
</Relationships>
'@
    $files = @(Get-ChildItem -LiteralPath $ModulePath -Recurse -File)
    $extensions = @($files | ForEach-Object { $_.Extension.TrimStart('.') } | Where-Object { $_ }) + 'nuspec' | Sort-Object -Unique
    $types = @('<?xml version="1.0" encoding="utf-8"?>', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">',
        '  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />')
    $types += $extensions | ForEach-Object { "  <Default Extension=""$_"" ContentType=""application/octet-stream"" />" }
    # A part without an extension needs a line of its own.
    $types += $files | Where-Object { -not $_.Extension } | ForEach-Object { "  <Override PartName=""/$($_.Name)"" ContentType=""application/octet-stream"" />" }
    $types += '</Types>'

    if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file }
    $zip = [System.IO.Compression.ZipFile]::Open($file, 'Create')
    try {
        foreach ($part in @{ Name = '_rels/.rels'; Text = $relations }, @{ Name = 'P2PShare.nuspec'; Text = $nuspec }, @{ Name = '[Content_Types].xml'; Text = $types -join "`n" }) {
            $writer = [System.IO.StreamWriter]::new($zip.CreateEntry($part.Name).Open())
            $writer.Write($part.Text)
            $writer.Dispose()
        }

        foreach ($item in $files) {
            $name = [System.IO.Path]::GetRelativePath($ModulePath, $item.FullName).Replace('\', '/')
            [void][System.IO.Compression.ZipFileExtensions]::CreateEntryFromFile($zip, $item.FullName, $name)
        }
    }
    finally {
        $zip.Dispose()
    }

    return $file
}

# Compiled ahead for one machine, a module would be useless on others.
function Assert-IsIL([string] $Assembly) {
    $stream = [System.IO.File]::OpenRead($Assembly)
    try {
        $header = [System.Reflection.PortableExecutable.PEReader]::new($stream).PEHeaders.CorHeader
        if (-not $header -or -not $header.Flags.HasFlag([System.Reflection.PortableExecutable.CorFlags]::ILOnly) -or $header.ManagedNativeHeaderDirectory.Size) {
            throw "$Assembly is not IL alone."
        }
    }
    finally {
        $stream.Dispose()
    }
}

# What a user will do: unpack it into a folder of PSModulePath, import it by name in a new PowerShell, ask for help.
function Test-ModulePackage([string] $Package, [string] $Staging) {
    $modules = Join-Path $Staging 'modules'
    Clear-Folder $modules
    $manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $modulePath 'P2PShare.psd1')
    $target = Join-Path $modules "P2PShare/$($manifest.ModuleVersion)"
    [System.IO.Compression.ZipFile]::ExtractToDirectory($Package, $target)
    Get-ChildItem -LiteralPath $target -Recurse -Filter '*.dll' | ForEach-Object { Assert-IsIL $_.FullName }
    if (Test-Path -LiteralPath (Join-Path $target 'System.Management.Automation.dll')) { throw "System.Management.Automation.dll is in $Package." }
    $script = {
        $ErrorActionPreference = 'Stop'
        Import-Module P2PShare
        $module = Get-Module P2PShare
        if (-not $module.ModuleBase.StartsWith($env:P2PSHARE_PACKED)) { throw "imported from $($module.ModuleBase)" }
        $without = Get-Command -Module P2PShare | Where-Object { $help = Get-Help $_; $help.Synopsis -match '^\s*\w+-P2P\w+ \[' -or -not $help.Description }
        if ($without) { throw "no help for $($without.Name -join ', ')" }
        if (-not (Get-Help about_P2PShare)) { throw 'no topic about_P2PShare' }
        (Get-Command -Module P2PShare).Count
    }
    $shell = [Environment]::ProcessPath
    $first = if ([System.IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { @((Join-Path $PSHOME 'pwsh.dll')) } else { @() }
    $path = $env:PSModulePath
    try {
        $env:P2PSHARE_PACKED = $modules
        $env:PSModulePath = $modules
        $count = & $shell @first -NoProfile -NonInteractive -Command $script.ToString()
        if ($LASTEXITCODE -ne 0 -or $count -ne $manifest.CmdletsToExport.Count) { throw "$Package does not work when it is unpacked into PSModulePath: $count" }
    }
    finally {
        $env:PSModulePath = $path
        Remove-Item Env:P2PSHARE_PACKED
    }

    Write-Host "unpacked into PSModulePath it has $count cmdlets and their help"
}

# The program with its own .NET, for one kind of machine. Returns the archive; nothing when the registry lacks what that takes.
function New-ProgramArchive([string] $Rid, [string] $Version, [string] $Folder, [string] $Staging) {
    $name = "p2pshare-$Version-$Rid"
    $target = Join-Path $Staging $name
    foreach ($ahead in 'true', 'false') {
        Clear-Folder $target
        $said = & dotnet publish (Join-Path $root 'src/P2PShare.Cli') -c $Configuration -r $Rid --self-contained true -p:PublishNative=false "-p:PublishReadyToRun=$ahead" --nologo -v quiet -o $target 2>&1
        if ($LASTEXITCODE -eq 0) { break }
        $missing = $said | Select-String -Pattern '(NU110[0-3]|NETSDK1094|NETSDK1112)[^\[]*' | Select-Object -First 1
        if (-not $missing) {
            $said | Out-Host
            throw "dotnet publish for $Rid failed with exit code $LASTEXITCODE."
        }

        $missing = $missing.Matches[0].Value.Trim()
        if ($ahead -eq 'false') {
            Write-Host "LEFT OUT: ${name}: the registry lacks what it takes: $missing"
            return
        }

        Write-Host "${name}: not compiled ahead of time, so it starts more slowly: $missing"
    }

    Copy-Item -LiteralPath (Join-Path $root 'LICENSE') -Destination $target
    if ($Rid -like 'win-*') {
        $archive = Join-Path $Folder "$name.zip"
        Compress-Archive -Path $target -DestinationPath $archive -Force
    }
    else {
        Copy-Item -LiteralPath (Join-Path $root 'deploy') -Destination $target -Recurse
        $archive = Join-Path $Folder "$name.tar.gz"
        & tar -czf $archive -C $Staging $name
        if ($LASTEXITCODE -ne 0) { throw "tar failed with exit code $LASTEXITCODE." }
    }

    if ($Rid -eq [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier) {
        $program = Join-Path $target ($IsWindows ? 'p2pshare.exe' : 'p2pshare')
        $said = & $program --version
        if ($LASTEXITCODE -ne 0) { throw "$program does not run: $said" }
    }

    return $archive
}
