import ArgumentParser

/// `hubwatch publish`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "publish", abstract: "x")
    func run() async throws {}
}
