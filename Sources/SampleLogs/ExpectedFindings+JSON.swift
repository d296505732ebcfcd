extension ExpectedFindings {
    /// The ground truth as an indented JSON document, with a fixed order of members and a line feed at the end.
    public func json() -> [UInt8] {
        var json = JSONDocument()
        json.object { json in
            json.member("format") { $0.value("hubwatch.expected-findings/1") }
            json.member("messages") { $0.value(messages) }
            json.member("records") { $0.value(records) }
            json.member("tornRecords") { $0.value(tornRecords) }
            json.member("bytes") { $0.value(bytes) }
            json.member("keyListings") { json in
                json.array(keyListings) { $0.object($1.write) }
            }
            json.member("modelThefts") { json in
                json.array(modelThefts) { $0.object($1.write) }
            }
            json.member("nearMisses") { json in
                json.array(nearMisses) { $0.object($1.write) }
            }
            json.member("quirks") { json in
                json.object { json in
                    for entry in quirks { json.member(entry.quirk.rawValue) { $0.value(entry.count) } }
                }
            }
        }
        return json.bytes + [0x0A]
    }
}

extension KeyListing {
    fileprivate func write(_ json: inout JSONDocument) {
        json.member("correlationId") { $0.value(correlationID) }
        json.member("resourceId") { $0.value(resourceID) }
        json.member("appid") { $0.value(applicationID) }
        json.member("account") { $0.value(account) }
        json.member("eventTime") { $0.value(eventTime.text) }
        json.member("start") { $0.value(start) }
        json.member("success") { $0.value(success) }
    }
}

extension ModelTheft {
    fileprivate func write(_ json: inout JSONDocument) {
        json.member("resourceId") { $0.value(resourceID) }
        json.member("subscriptionId") { $0.value(subscriptionID) }
        json.member("resourceGroup") { $0.value(resourceGroup) }
        json.member("resourceName") { $0.value(resourceName) }
        json.member("count") { $0.value(count) }
        json.member("responseLengthMax") { json in
            if let responseLengthMax { json.value(responseLengthMax) } else { json.null() }
        }
        json.member("firstEventTime") { $0.value(firstEventTime.text) }
        json.member("lastEventTime") { $0.value(lastEventTime.text) }
        json.member("messages") { $0.value(messages) }
        json.member("first") { $0.value(first) }
        json.member("hundredth") { $0.value(hundredth) }
        json.member("last") { $0.value(last) }
    }
}

extension NearMiss {
    fileprivate func write(_ json: inout JSONDocument) {
        json.member("kind") { $0.value(kind.rawValue) }
        json.member("resourceId") { $0.value(resourceID) }
        if let correlationID { json.member("correlationId") { $0.value(correlationID) } }
        if let applicationID { json.member("appid") { $0.value(applicationID) } }
        json.member("records") { $0.value(records) }
    }
}

/// A small writer of indented JSON; it keeps the order in which members are written.
struct JSONDocument {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    private var isFirst = true

    mutating func object(_ members: (inout JSONDocument) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func array<Element>(_ elements: [Element], _ write: (inout JSONDocument, Element) -> Void) {
        open(UInt8(ascii: "["))
        for element in elements {
            startItem()
            write(&self, element)
        }
        close(UInt8(ascii: "]"))
    }

    mutating func member(_ name: String, _ value: (inout JSONDocument) -> Void) {
        startItem()
        bytes.append(quoted: name)
        bytes.append(text: ": ")
        value(&self)
    }

    mutating func value(_ text: String) { bytes.append(quoted: text) }
    mutating func value(_ number: Int) { bytes.append(number: Int64(number)) }
    mutating func null() { bytes.append(text: "null") }

    mutating func value(_ position: RecordPosition?) {
        if let position {
            bytes.append(text: "{\"message\": \(position.message), \"record\": \(position.record)}")
        } else {
            null()
        }
    }

    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        depth += 1
        isFirst = true
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if !isFirst { startLine() }
        isFirst = false
        bytes.append(bracket)
    }

    private mutating func startItem() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        startLine()
    }

    private mutating func startLine() {
        bytes.append(0x0A)
        for _ in 0..<depth { bytes.append(text: "  ") }
    }
}
