import Testing
@testable import Detection
@Suite struct SmokeTests { @Test func nothing() {} }
