/// The client applications whose identifiers appear in token claims: public identifiers of Microsoft's own clients.
public enum ClientApplication: String, CaseIterable, Sendable {
    /// Azure Machine Learning Studio in a browser.
    case machineLearningStudio = "d7304df8-741f-47d3-9bc2-df0e24e2071f"
    /// Azure AI Studio in a browser.
    case aiStudio = "cb2ff863-7f30-4ced-ab89-a00194bcf6d9"
    /// Azure OpenAI Studio in a browser.
    case openAIStudio = "dc807dec-d211-4b3f-bc8a-43b3443c4874"
    /// The Azure portal.
    case azurePortal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
    /// Speech Studio in a browser.
    case speechStudio = "4e09c6ac-4372-45b7-a977-e9f89e673e32"
    /// The Azure command line.
    case azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    /// Azure PowerShell.
    case azurePowerShell = "1950a258-227b-4e31-a9cf-717495945fc2"
    /// Visual Studio Code.
    case visualStudioCode = "aebc6443-996d-45c2-90f0-388ff96faa56"

    /// The five portals from which listing keys is everyday work.
    public static let portals: [ClientApplication] = [
        .machineLearningStudio, .aiStudio, .openAIStudio, .azurePortal, .speechStudio,
    ]

    /// The tools with which planted attacks list keys, in the order in which they take turns.
    public static let tools: [ClientApplication] = [.azureCLI, .azurePowerShell, .visualStudioCode]
}
