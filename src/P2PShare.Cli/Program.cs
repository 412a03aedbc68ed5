P2PShare.Engine.BackgroundProcess.Begin();
P2PShare.Cli.SystemRoots.LeaveOut();
P2PShare.Cli.HomeFolder.Provide();
return await P2PShare.Cli.CommandLine.CliRoot.RunAsync(args, Console.Out, Console.Error);
