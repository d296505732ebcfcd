// The writing of one message's records.
extension LogGenerator {
    /// Writes a message: planted records at random places among those of the background.
    mutating func writeRecords(
        of family: LogFamily, now: EventTime, planted: [PlantedRecord], facts: inout MessageFacts,
        into body: inout [UInt8]
    ) {
        let envelope = MessageEnvelope(facts.quirk)
        body.append(contentsOf: envelope.opening)
        var plantedLeft = planted[...]
        var slots = slotCount(of: family, planted: planted.count, quirk: facts.quirk)
        let mayBreak = planted.isEmpty && facts.quirk == nil
        var lastStart = body.count
        while slots > 0 {
            // Room is kept for the planted records, which are always written; the largest record is some 4 KB.
            let reserved = (plantedLeft.count + 1) * 4 * 1024
            if body.count + reserved > configuration.bodyBytesMax && facts.records > 0 { slots = plantedLeft.count }
            guard slots > 0 else { break }
            if facts.records > 0 { body.append(envelope.separator) }
            lastStart = body.count
            if random.below(slots) < plantedLeft.count, let record = plantedLeft.popFirst() {
                write(record, facts: &facts, into: &body)
            } else {
                writeBackground(of: family, now: now, mayBreak: mayBreak, facts: &facts, into: &body)
            }
            facts.records += 1
            familyCounts[family.rawValue] += 1
            slots -= 1
        }
        body.append(contentsOf: envelope.closing)
        if facts.quirk == .doubleEncoded { body.encodeTwice() }
        if facts.quirk == .truncated {
            body.removeSubrange((lastStart + (body.count - lastStart) / 2)..<body.count)
            expected.tornRecords += 1
        }
        expected.records += facts.records
    }

    /// How many records a message gets, planted ones included.
    private mutating func slotCount(of family: LogFamily, planted: Int, quirk: Quirk?) -> Int {
        if quirk == .singleObject { return 1 }
        let range = configuration.recordsPerMessage ?? family.batch
        let wanted = random.number(in: range)
        // A family outside the mix has only its planted records.
        let left = configuration.mix.weight(of: family) > 0 ? backgroundLeft : 0
        return planted + Swift.min(left, Swift.max(wanted - planted, planted == 0 ? 1 : 0))
    }

    private mutating func write(_ record: PlantedRecord, facts: inout MessageFacts, into body: inout [UInt8]) {
        let position = RecordPosition(message: facts.index, record: facts.records)
        switch record.content {
        case .activity(let event):
            activityWriter.write(event, into: &body)
            if facts.partitionKey.isEmpty { facts.partitionKey = event.resource.subscription }
        case .audit(let operation, let account, let objectID, let asset, let responseLength):
            openAIWriter.writeAudit(
                operation: operation, at: record.time, on: account, by: objectID, asset: asset,
                responseLength: responseLength, into: &body)
            if facts.partitionKey.isEmpty { facts.partitionKey = account.partitionKey }
        }
        facts.include(record.time)
        switch record.truth {
        case .listingStart(let entry): expected.keyListings[entry].start = position
        case .listingSuccess(let entry): expected.keyListings[entry].success = position
        case .theft(let entry):
            if theftMessages[entry] != position.message {
                theftMessages[entry] = position.message
                expected.modelThefts[entry].messages += 1
            }
            expected.modelThefts[entry].written += 1
            let written = expected.modelThefts[entry].written
            if written == 1 { expected.modelThefts[entry].first = position }
            if written == 100 { expected.modelThefts[entry].hundredth = position }
            expected.modelThefts[entry].last = position
        case .nearMiss: break
        }
    }

    private mutating func writeBackground(
        of family: LogFamily, now: EventTime, mayBreak: Bool, facts: inout MessageFacts, into body: inout [UInt8]
    ) {
        backgroundLeft -= 1
        let start = body.count
        let time = Swift.max(
            now.advanced(byNanoseconds: -Int64(random.below(jitter))), configuration.start)
        let quirk = drawRecordQuirk(mayBreak: mayBreak)
        switch family {
        case .activity:
            guard let event = background.next(at: time, end: end, random: &random) else { break }
            activityWriter.write(event, shapedAsREST: quirk == .restShape, into: &body)
            if facts.partitionKey.isEmpty { facts.partitionKey = event.resource.subscription }
            facts.include(event.time)
            if quirk == .restShape {
                expected.count(.restShape)
                return
            }
        case .openAI:
            writeOpenAI(at: time, mayString: quirk == nil, facts: &facts, into: &body)
        case .signIn:
            let byUser = random.below(10) < 7
            if let principal = random.element(of: byUser ? inventory.users : inventory.services) {
                signInWriter.write(at: time, by: principal, random: &random, into: &body)
            }
            if facts.partitionKey.isEmpty { facts.partitionKey = inventory.tenant }
            facts.include(time)
        case .noise:
            let resource = noiseWriter.write(at: time, of: inventory, random: &random, into: &body)
            if facts.partitionKey.isEmpty { facts.partitionKey = resource?.partitionKey ?? "" }
            facts.include(time)
        }
        if let quirk, body.apply(quirk, toRecordAt: start) { expected.count(quirk) }
    }

    /// Writes a background record of an Azure OpenAI account, its category drawn by the mix.
    private mutating func writeOpenAI(
        at time: EventTime, mayString: Bool, facts: inout MessageFacts, into body: inout [UInt8]
    ) {
        let index = random.below(inventory.accounts.count)
        let account = inventory.accounts[index]
        guard let user = random.element(of: inventory.users) else { return }
        if facts.partitionKey.isEmpty { facts.partitionKey = account.partitionKey }
        let draw = random.below(configuration.mix.openAI)
        if draw < configuration.mix.audit {
            let second = time.wholeSecond(notBefore: configuration.start)
            let isListing = listKeyCounts[index] < ExpectedFindings.backgroundListKeysMax
            if isListing { listKeyCounts[index] += 1 }
            openAIWriter.writeAudit(
                operation: isListing ? "ListKey" : "ListDeployments", at: second, on: account, by: user.objectID,
                asset: random.guid(), into: &body)
            facts.include(second)
            return
        }
        if draw < configuration.mix.audit + configuration.mix.requestResponse {
            let start = body.count
            openAIWriter.writeCall(at: time, on: account, by: user.objectID, random: &random, into: &body)
            // Both forms of `properties` are everyday: a quarter of the calls have it as a string.
            if mayString && random.below(4) == 0 { _ = body.stringProperties(ofRecordAt: start) }
        } else {
            openAIWriter.writeTrace(at: time, on: account, random: &random, into: &body)
        }
        facts.include(time)
    }

    private mutating func drawRecordQuirk(mayBreak: Bool) -> Quirk? {
        for (quirk, rate) in recordQuirks where random.chance(rate) {
            if mayBreak || !quirk.breaksBody { return quirk }
        }
        return nil
    }
}
