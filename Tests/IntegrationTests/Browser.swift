import Foundation
import Testing

/// Headless Chromium, spoken to over its debugging pipe: messages of JSON that end with a zero byte.
///
/// **Source**: Chrome DevTools Protocol, domains Target, Page, Runtime, Log, Emulation; `--remote-debugging-pipe` reads from
/// descriptor 3 and writes to descriptor 4.
actor Browser {
    static let reason: Comment = "there is no chromium: deploy/local/install-packages --tests installs it"

    /// The program; nil where there is none.
    static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        }
        return nil
    }()

    /// Whether the tests run: always in CI, elsewhere when there is a browser.
    static var isWanted: Bool { program != nil || ProcessInfo.processInfo.environment["CI"] != nil }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let orders: FileHandle
    private var last = 0
    private var waiting: [Int: CheckedContinuation<Data, any Error>] = [:]
    private var isGone = false
    /// What the browser complained about: errors, exceptions, violations of the page's policy.
    private(set) var complaints: [String] = []
    private var session: String?
    private var loads = 0
    private var waitingForLoad: [CheckedContinuation<Void, any Error>] = []

    private init(orders: FileHandle) { self.orders = orders }

    /// Starts a browser, opens an empty page, and ends the browser after the body.
    static func with(_ body: (Browser) async throws -> Void) async throws {
        let program = try #require(Self.program, Self.reason)
        let folder = FileManager.default.temporaryDirectory.appending(path: "browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (orders, answers) = (folder.appending(path: "orders").path, folder.appending(path: "answers").path)
        try #require(mkfifo(orders, 0o600) == 0 && mkfifo(answers, 0o600) == 0)
        // Opened for both directions, so that neither side waits for the other.
        let (orderPipe, answerPipe) = (open(orders, O_RDWR), open(answers, O_RDWR))
        try #require(orderPipe >= 0 && answerPipe >= 0)
        let browser = Browser(orders: FileHandle(fileDescriptor: orderPipe, closeOnDealloc: true))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [
            "-c", "exec \"$@\" 3<\"$ORDERS\" 4>\"$ANSWERS\"", "browser", program, "--headless", "--no-sandbox",
            "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
            "--user-data-dir=\(folder.path)/profile", "--remote-debugging-pipe", "about:blank",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["ORDERS": orders, "ANSWERS": answers]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { _ in Task { await browser.gone() } }
        try process.run()
        listen(to: answerPipe, for: browser)
        do {
            try await browser.openPage()
            try await body(browser)
        } catch {
            process.terminate()
            process.waitUntilExit()
            throw error
        }
        process.terminate()
        process.waitUntilExit()
    }

    /// Goes to an address.
    func go(to url: String) async throws { _ = try await call("Page.navigate", ["url": url]) }

    /// Lets pages run scripts, or not; counts from the next page on.
    func allowScripts(_ isAllowed: Bool) async throws {
        _ = try await call("Emulation.setScriptExecutionDisabled", json: "{\"value\":\(!isAllowed)}")
    }

    /// Waits until a page was loaded, by whomever, for the given time since the browser began.
    func wait(forLoad number: Int) async throws {
        while loads < number {
            guard !isGone else { throw Failure(description: "the browser is gone") }
            try await withCheckedThrowingContinuation { waitingForLoad.append($0) }
        }
    }

    /// How many pages were loaded.
    var loadCount: Int { loads }

    /// What an expression of the page comes to, as JSON; a promise is waited for.
    func value(_ expression: String) async throws -> String {
        let answer = try await call(
            "Runtime.evaluate",
            ["expression": "Promise.resolve(\(expression)).then(v => JSON.stringify(v))", "awaitPromise": "true"])
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        let result = object?["result"] as? [String: Any]
        guard result?["exceptionDetails"] == nil, let value = result?["result"] as? [String: Any] else {
            throw Failure(description: "\(expression): \(String(decoding: answer, as: UTF8.self))")
        }
        return value["value"] as? String ?? "undefined"
    }

    /// Waits until an expression of the page is true; looks whenever the page changes.
    func wait(until expression: String) async throws {
        _ = try await value(
            """
            new Promise(done => {
              const look = () => { try { if (\(expression)) { watch.disconnect(); done(true); } } catch (e) {} };
              const watch = new MutationObserver(look);
              watch.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
              look();
            })
            """)
    }

    /// A window of a size, and what the reader prefers.
    func show(width: Int, height: Int, dark: Bool) async throws {
        _ = try await call(
            "Emulation.setDeviceMetricsOverride",
            json:
                "{\"width\":\(width),\"height\":\(height),\"deviceScaleFactor\":1,\"mobile\":false}")
        _ = try await call(
            "Emulation.setEmulatedMedia",
            json:
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"\(dark ? "dark" : "light")\"}]}")
    }

    /// A picture of the whole page, PNG.
    func picture(height: Int? = nil) async throws -> Data {
        let clip = height.map { ",\"clip\":{\"x\":0,\"y\":0,\"width\":1280,\"height\":\($0),\"scale\":1}" } ?? ""
        let answer = try await call(
            "Page.captureScreenshot", json: "{\"format\":\"png\",\"captureBeyondViewport\":\(height == nil)\(clip)}")
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        let text = (object?["result"] as? [String: Any])?["data"] as? String ?? ""
        return try #require(Data(base64Encoded: text))
    }

    private func openPage() async throws {
        let target = try await call("Target.createTarget", ["url": "about:blank"])
        let id = try member("targetId", of: target)
        let attached = try await call("Target.attachToTarget", json: "{\"targetId\":\"\(id)\",\"flatten\":true}")
        session = try member("sessionId", of: attached)
        for domain in ["Page", "Runtime", "Log"] { _ = try await call("\(domain).enable", [:]) }
    }

    private func member(_ name: String, of answer: Data) throws -> String {
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        return try #require((object?["result"] as? [String: Any])?[name] as? String)
    }

    /// Calls with texts as parameters; `true` is the literal.
    private func call(_ method: String, _ parameters: [String: String]) async throws -> Data {
        let values = parameters.mapValues { $0 == "true" ? true as Any : $0 as Any }
        return try await call(
            method, json: String(decoding: JSONSerialization.data(withJSONObject: values), as: UTF8.self))
    }

    private func call(_ method: String, json: String) async throws -> Data {
        guard !isGone else { throw Failure(description: "the browser is gone") }
        last += 1
        let id = last
        let place = session.map { ",\"sessionId\":\"\($0)\"" } ?? ""
        let order = "{\"id\":\(id),\"method\":\"\(method)\"\(place),\"params\":\(json)}\0"
        return try await withCheckedThrowingContinuation { continuation in
            waiting[id] = continuation
            orders.write(Data(order.utf8))
        }
    }

    private func gone() {
        isGone = true
        for continuation in waiting.values {
            continuation.resume(throwing: Failure(description: "the browser is gone"))
        }
        waiting = [:]
        for continuation in waitingForLoad {
            continuation.resume(throwing: Failure(description: "the browser is gone"))
        }
        waitingForLoad = []
    }

    private func received(_ message: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: message) as? [String: Any] else { return }
        if let id = object["id"] as? Int {
            waiting.removeValue(forKey: id)?.resume(returning: message)
            return
        }
        let parameters = object["params"] as? [String: Any] ?? [:]
        switch object["method"] as? String {
        case "Page.loadEventFired":
            loads += 1
            for continuation in waitingForLoad { continuation.resume() }
            waitingForLoad = []
        case "Runtime.exceptionThrown": complaints.append(String(decoding: message, as: UTF8.self))
        case "Runtime.consoleAPICalled" where ["error", "warning"].contains(parameters["type"] as? String):
            complaints.append(String(decoding: message, as: UTF8.self))
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any] ?? [:]
            if ["error", "warning"].contains(entry["level"] as? String) {
                complaints.append(String(decoding: message, as: UTF8.self))
            }
        default: break
        }
    }

    /// A thread that reads messages; it ends with the pipe.
    private static func listen(to descriptor: Int32, for browser: Browser) {
        let (messages, message) = AsyncStream.makeStream(of: Data.self)
        Task { for await data in messages { await browser.received(data) } }
        Thread.detachNewThread {
            var held: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                for byte in buffer[..<count] {
                    if byte == 0 {
                        message.yield(Data(held))
                        held.removeAll(keepingCapacity: true)
                    } else {
                        held.append(byte)
                    }
                }
            }
            message.finish()
        }
    }
}
