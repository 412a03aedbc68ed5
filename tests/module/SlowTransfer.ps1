# A transfer that is slow enough to be looked at while it runs; for BeforeAll.

$swarm = New-P2PSwarm -Name lab -Path $TestDrive
$big = New-TestFile "$TestDrive/data/big.bin" 6000000 3
$small = New-TestFile "$TestDrive/data/small.bin" 1000 4
$north = Start-TestPeer $swarm north $TestDrive
$null = Send-P2PFile $big.FullName, $small.FullName -Peer north
$slow = Start-TestPeer $swarm slow $TestDrive -Join $north -With @{ DownloadLimit = 100000 }

function New-Into { Join-Path $TestDrive ('into' + [guid]::NewGuid().ToString('N')) }

function Start-Slow {
    $script:into = New-Into
    $script:job = Receive-P2PFile big.bin $into -Peer slow -AsJob
    Wait-Until { $job.ChildJobs[0].TransferId -and (Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId).BytesCompleted -gt 0 }
    Get-P2PTransfer -TransferId $job.ChildJobs[0].TransferId
}

function Clear-Slow {
    # By wildcard: there need not be one.
    Get-P2PTransfer big* -Peer slow | Stop-P2PTransfer
    Get-Job | Where-Object PSJobTypeName -EQ 'TransferJob' | Remove-Job -Force
}

# What each of these cmdlets says of a name that is not there, and does not say of a wildcard.
function Assert-Missing([string] $Command) {
    $e = { & $Command nothing.bin -Peer slow -ErrorAction Stop } | Should -Throw -PassThru
    $e.FullyQualifiedErrorId | Should -BeLike 'TransferNotFound,*'
    $e.CategoryInfo.Category | Should -Be 'ObjectNotFound'
    $e.TargetObject | Should -Be 'nothing.bin'
    & $Command *.nothing -Peer slow -ErrorAction Stop
}
