import HubwatchCLI

await HubwatchCommand.main()
