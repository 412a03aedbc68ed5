P2PShare.Cli.SystemRoots.LeaveOut();
return await P2PShare.Cli.CommandLine.CliRoot.RunAsync(args, Console.Out, Console.Error);
