@{
    RootModule             = 'P2PShare.PowerShell.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '3f0c5f0e-6c1d-4f0b-9a57-8d2b7d0f4e61'
    Author                 = 'The P2PShare developers'
    CompanyName            = 'The P2PShare developers'
    Copyright              = '(c) 2026 The P2PShare developers. MIT License.'
    Description            = 'Moves files through a private swarm of your own machines: peer to peer, verified, over mutual TLS.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    TypesToProcess         = @('P2PShare.Types.ps1xml')
    FormatsToProcess       = @('P2PShare.Format.ps1xml')
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    CmdletsToExport        = @(
        'Connect-P2PPeer'
        'Export-P2PReport'
        'Get-P2PFile'
        'Get-P2PPeer'
        'Get-P2PShare'
        'Get-P2PSwarm'
        'Get-P2PTransfer'
        'New-P2PPeerCertificate'
        'New-P2PSwarm'
        'Receive-P2PFile'
        'Remove-P2PShare'
        'Resume-P2PTransfer'
        'Send-P2PFile'
        'Set-P2PPeer'
        'Start-P2PPeer'
        'Stop-P2PPeer'
        'Stop-P2PTransfer'
        'Suspend-P2PTransfer'
        'Test-P2PPeer'
        'Wait-P2PTransfer'
    )
    PrivateData            = @{
        PSData = @{
            Tags       = @('BitTorrent', 'peer-to-peer', 'p2p', 'file-transfer', 'swarm', 'TLS', 'PSEdition_Core', 'Windows', 'Linux')
        }
    }
}
