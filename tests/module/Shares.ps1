# Two peers of one swarm, of which one has published some files and a folder; for BeforeAll.

$swarm = New-P2PSwarm -Name lab -Path $TestDrive
$north = Start-TestPeer $swarm north $TestDrive
$south = Start-TestPeer $swarm south $TestDrive -Join $north
$null = New-TestFile "$TestDrive/data/one.iso" 40000 1
$null = New-TestFile "$TestDrive/data/two.iso" 10 2
$null = New-TestFile "$TestDrive/data/[x].txt" 10 3
$null = New-TestFile "$TestDrive/data/tree/sub/a.txt" 11 4
$null = New-TestFile "$TestDrive/data/tree/b.log" 12 5
$sent = Get-ChildItem "$TestDrive/data" | Send-P2PFile -Peer north
Wait-Until { @(Get-P2PShare -Peer south).Count -eq 4 }
