BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-TestedModule
    $swarm = New-P2PSwarm -Name lab -Path $TestDrive
    $north = Start-TestPeer $swarm north $TestDrive
    $south = Start-TestPeer $swarm south $TestDrive -Join $north
    $null = New-TestFile "$TestDrive/data/thing.bin" 200000
    $null = Send-P2PFile "$TestDrive/data/thing.bin" -Peer north
    Wait-Until { Get-P2PShare thing.bin -Peer south -ErrorAction Ignore }
    $null = Receive-P2PFile thing.bin "$TestDrive/into" -Peer south
    Wait-Until { (Get-P2PShare thing.bin -Peer north).Copies -eq 2 }
}

AfterAll { Stop-TestPeers }

Describe 'Export-P2PReport' {
    It 'writes one page that fetches nothing' {
        Export-P2PReport "$TestDrive/report.html" -Peer south | Should -BeNullOrEmpty
        $page = Get-Content -Raw "$TestDrive/report.html"
        $page | Should -Match '<title>Swarm lab</title>'
        $page | Should -Match 'thing\.bin'
        $page | Should -Match 'north'
        $page | Should -Match '2 of 2'
        $page | Should -Not -Match '<script|src=|href=|url\(|https?:'
    }

    It 'takes the peer from the pipe and emits the file with -PassThru' {
        $file = $north | Export-P2PReport -Path "$TestDrive/[north].html" -PassThru
        $file | Should -BeOfType IO.FileInfo
        $file.Name | Should -Be '[north].html'
        ($file | Get-FileHash).Hash | Should -Not -BeNullOrEmpty
        (Get-P2PPeer south | Export-P2PReport "$TestDrive/object.html" -PassThru).Name | Should -Be 'object.html'
    }

    It 'does not guess which peer is meant' {
        $e = { Export-P2PReport "$TestDrive/x.html" } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PeerAmbiguous,*'
    }

    It 'leaves an existing file alone with -NoClobber, and replaces a read-only one with -Force' {
        $path = "$TestDrive/old.html"
        Set-Content $path 'old'
        $e = { Export-P2PReport $path -Peer north -NoClobber } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $e.CategoryInfo.Category | Should -Be 'ResourceExists'
        Get-Content $path | Should -Be 'old'
        (Get-Item $path).IsReadOnly = $true
        Export-P2PReport $path -Peer north -Force
        Get-Content -Raw $path | Should -Match 'Swarm lab'
    }

    It 'writes only to the file system, and nothing with -WhatIf' {
        Export-P2PReport "$TestDrive/never.html" -Peer north -WhatIf
        "$TestDrive/never.html" | Should -Not -Exist
        $e = { Export-P2PReport Env:\x -Peer north } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
        $e = { Export-P2PReport "$TestDrive/no/such/folder/x.html" -Peer north } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'DestinationUnusable,*'
    }
}

Describe 'The page of Export-P2PReport in a browser' {
    BeforeDiscovery { $widths = @{ Width = 1600 }, @{ Width = 400 } }

    BeforeAll {
        # The browser lays the page out in frames of both widths, and a page around them measures what came of it.
        $measuring = @'
<!DOCTYPE html><meta charset="utf-8"><body><pre id="found"></pre>
<iframe id="w1600" style="border:0;width:1600px;height:1200px" src="page.html"></iframe>
<iframe id="w400" style="border:0;width:400px;height:1200px" src="page.html"></iframe>
<script>
onload = () => {
  const found = {};
  for (const frame of document.querySelectorAll('iframe')) {
    const page = frame.contentDocument, root = page.documentElement, cards = [...page.querySelectorAll('section')];
    const texts = [...page.querySelectorAll('svg text, .name')].map(text => ({ text: text.textContent, at: text.getBoundingClientRect(), card: text.closest('section').getBoundingClientRect() }));
    found[frame.id] = {
      title: page.title, client: root.clientWidth, scroll: root.scrollWidth, drawings: [...page.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 40).length,
      headings: cards.map(card => card.querySelector('h2').textContent), columns: new Set(cards.map(card => card.getBoundingClientRect().left)).size,
      fetched: frame.contentWindow.performance.getEntriesByType('resource').map(entry => entry.name),
      outside: texts.filter(one => one.at.left < one.card.left || one.at.right > one.card.right).map(one => one.text), smallest: Math.min(...texts.map(one => one.at.height)), texts: texts.length,
      scrolling: [...page.querySelectorAll('.scroll')].filter(part => part.scrollWidth > part.clientWidth).length
    };
  }
  document.getElementById('found').textContent = JSON.stringify(found);
};
</script>
'@
        function Read-Layout([string] $Program, [string] $Folder) {
            $start = [Diagnostics.ProcessStartInfo]::new($Program)
            $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            $arguments = '--headless', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-dev-shm-usage', '--allow-file-access-from-files', "--user-data-dir=$Folder/profile", '--virtual-time-budget=10000', '--dump-dom', [uri]::new("$Folder/measuring.html").AbsoluteUri
            # Its sandbox does not work for root, and the page is our own.
            if (-not $IsWindows -and (id -u) -eq 0) { $arguments = @('--no-sandbox') + $arguments }
            foreach ($argument in $arguments) { $start.ArgumentList.Add($argument) }
            $process = [Diagnostics.Process]::Start($start)
            try {
                $dom = $process.StandardOutput.ReadToEndAsync()
                $noise = $process.StandardError.ReadToEndAsync()
                if (-not $process.WaitForExit(120000)) { throw 'The browser did not end within two minutes.' }
                if ($dom.Result -notmatch '<pre id="found">(\{.*\})</pre>') { throw "The browser measured nothing: $($dom.Result) $($noise.Result)" }
                [Net.WebUtility]::HtmlDecode($Matches[1]) | ConvertFrom-Json
            }
            finally { if (-not $process.HasExited) { $process.Kill($true) } }
        }

        # Under way while it is looked at: what is over between two looks has no bar.
        $long = 'a name of a share that goes on and on, build 4711, release candidate.tar.zst'
        $null = New-TestFile "$TestDrive/data/$long" 6000000 7
        $null = Send-P2PFile "$TestDrive/data/$long" -Peer north
        $guest = Start-TestPeer $swarm 'a-guest-with-a-rather-long-name.example.net' $TestDrive -Join $north -With @{ DownloadLimit = 20000 }
        $job = Receive-P2PFile $long "$TestDrive/guest" -Peer $guest.Name -AsJob
        Wait-Until { (Get-P2PShare $long -Peer south -ErrorAction Ignore).PartialCopies -eq 1 }
    }

    AfterAll { $job | Remove-Job -Force }

    It 'is laid out without scrolling sideways at <Width> pixels, with drawings and legible text, and fetches nothing' -ForEach $widths {
        $program = Get-Command chromium, chromium-browser, google-chrome -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $program) { Set-ItResult -Skipped -Because 'there is no Chromium here' }
        if (-not $script:layout) {
            $folder = (New-Item -ItemType Directory -Force "$TestDrive/browser").FullName
            Export-P2PReport "$folder/page.html" -Peer south
            Set-Content "$folder/measuring.html" $measuring
            $script:layout = Read-Layout $program.Source $folder
        }

        $found = $layout."w$Width"
        $found.title | Should -Be 'Swarm lab'
        $found.client | Should -Be $Width
        $found.scroll | Should -Be $Width
        $found.scrolling | Should -Be 0
        $found.fetched | Should -BeNullOrEmpty
        $found.headings | Should -Contain 'Who received what, and how fast'
        # The graph, the rates, a curve for each of two shares, a bar.
        $found.drawings | Should -BeGreaterOrEqual 5
        $found.columns | Should -Be ($Width -gt 860 ? 2 : 1)
        $found.texts | Should -BeGreaterThan 8
        $found.outside | Should -BeNullOrEmpty
        $found.smallest | Should -BeGreaterThan 9
    }
}
