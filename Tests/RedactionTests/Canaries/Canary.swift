/// A value that is planted in a record and looked for in every output.
struct Canary {
    /// What kind of text it is made to look like.
    enum Shape: CaseIterable {
        case word, prompt, signature, webToken, connectionString, storageKey, bareKey, modelKey, bearer, header
        case subscriptionKey, urlPassword, directorySecret, password, privateKey, email, address, number
    }

    /// The text as it stands in the record, without escapes.
    let text: String
    let shape: Shape
    /// What no output may hold: an id at each end of the value, so that half a mask is found too.
    let pieces: [String]
    /// Where it was planted, as a path with the top-level name in lower case.
    let path: String
    let category: String
}

/// Makes canaries: each has ids that occur nowhere else.
struct CanaryMaker {
    private(set) var canaries: [Canary] = []
    private var counter: UInt64 = 0
    private var addresses: UInt32 = 0
    private var numbers: Int64 = 700_000_000_000_000

    /// An id of eight letters and digits.
    private mutating func id() -> String {
        counter += 1
        var rest = (counter &* 1_566_083_941) % 2_176_782_336
        var digits: [UInt8] = []
        for _ in 0..<6 {
            digits.append(Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)[Int(rest % 36)])
            rest /= 36
        }
        return "Zq" + String(decoding: digits, as: UTF8.self)
    }

    private func filler(_ count: Int) -> String {
        String(
            decoding: (0..<count).map { Array("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7".utf8)[($0 + Int(counter)) % 27] },
            as: UTF8.self)
    }

    /// Makes the next canary of a shape.
    mutating func make(_ shape: Canary.Shape, path: String, category: String) -> Canary {
        let (head, tail) = (id(), id())
        var pieces = [head, tail]
        let text: String
        switch shape {
        case .word: text = "\(head)-\(tail)"
        case .prompt: text = "Please summarise the \(head) merger for the board, then \(tail)."
        case .signature:
            text =
                "https://st.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sig=\(head)%2F\(filler(20))%2B\(tail)%3D&se=2026-12-01"
        case .webToken: text = "eyJhbGciOiJSUzI1NiJ9.eyJ\(head)\(filler(30))-_\(filler(9)).\(filler(20))\(tail)"
        case .connectionString:
            text =
                "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=\(head)+/\(filler(22))\(tail)=;EntityPath=h"
        case .storageKey:
            text =
                "DefaultEndpointsProtocol=https;AccountName=st;AccountKey=\(head)/\(filler(60))+\(tail)==;EndpointSuffix=core.windows.net"
        case .bareKey: text = "the key \(head)\(filler(36))/+\(filler(24))\(tail)== was used"
        case .modelKey: text = "key sk-proj-\(head)\(filler(24))\(tail)"
        case .bearer: text = "Authorization: Bearer \(head).\(filler(30))-\(tail)"
        case .header: text = "accept: */*, api-key: \(head)\(filler(16))\(tail)"
        case .subscriptionKey: text = "GET /deployments?Ocp-Apim-Subscription-Key=\(head)\(filler(16))\(tail)&v=1"
        case .urlPassword: text = "amqps://reader:\(head)-\(tail)@broker.example.com:5671/q"
        case .directorySecret: text = "secret abc8Q~\(head).\(filler(18))-\(tail) of the application"
        case .password: text = "Server=tcp:db.example.com;User ID=a;Password=\(head), my \(tail);Database=d"
        case .privateKey: text = "-----BEGIN PRIVATE KEY-----\n\(head)\(filler(40))\n\(tail)\n-----END PRIVATE KEY-----"
        case .email: text = "\(head)@\(tail).example.com"
        case .address:
            addresses += 1
            text = "\(100 + addresses % 120).\(100 + addresses / 120 % 120).\(100 + addresses / 14_400).10"
            pieces = [text]
        case .number:
            numbers += 1_234_567_891
            text = "\(numbers)"
            pieces = [text]
        }
        let canary = Canary(text: text, shape: shape, pieces: pieces, path: path, category: category)
        canaries.append(canary)
        return canary
    }

    /// The shapes that hold a secret or are content by nature.
    static let hidden: [Canary.Shape] = [
        .prompt, .signature, .webToken, .connectionString, .storageKey, .bareKey, .modelKey, .bearer, .header,
        .subscriptionKey, .urlPassword, .directorySecret, .password, .privateKey,
    ]
}
