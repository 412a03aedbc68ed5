@{
    # What is left out, and why.
    ExcludeRules = @(
        # build.ps1 talks to people and to logs, not to pipelines.
        'PSAvoidUsingWriteHost'
        # Its parameters are used by its functions, and Pester's variables by blocks that run later: the analyzer sees neither.
        'PSReviewUnusedParameter'
        'PSUseDeclaredVarsMoreThanAssignments'
        # These are about functions that a module exports; here are helpers of scripts.
        'PSUseShouldProcessForStateChangingFunctions'
        'PSUseSingularNouns'
        'PSAvoidUsingPositionalParameters'
        # PowerShell 7 reads UTF-8 without a mark.
        'PSUseBOMForUnicodeEncodedFile'
    )
}
