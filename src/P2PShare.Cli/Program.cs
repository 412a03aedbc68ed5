return await P2PShare.Cli.CommandLine.CliRoot.RunAsync(args, Console.Out, Console.Error);
