import Foundation
import Testing

@testable import HubwatchCLI

/// Goal: JSON that came from elsewhere can be looked at in a terminal, and says to a program what it said before.
///
/// Method: texts that would drive a terminal inside strings, and blanks between values; both are read back.
@Suite struct JSONTextTests {
    @Test(arguments: ["\u{9B}2J", "\u{7F}", "\u{202E}desrever", "\u{2028}", "\u{E0041}", "plain ünï 👩‍💻"])
    func foreignJSONIsHarmlessAndTheSame(_ text: String) throws {
        let json = "{\"name\":\t\"\(text)\",\r\n \"\(text)\": [1, \"a\\nb\"]}"
        let harmless = JSONText.harmless(json)
        let driving = harmless.unicodeScalars.filter { scalar in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value == 0x2028
                || scalar.properties.generalCategory == .format && scalar.value != 0x200D
        }
        #expect(driving.isEmpty, "\(harmless.debugDescription)")
        #expect(try Self.object(harmless) == Self.object(json))
    }

    /// Some readers let it pass.
    @Test func anEscapeThatNoStringMayHoldIsEscaped() throws {
        let read = try Self.object(JSONText.harmless("{\"name\":\"\u{1B}[2J\"}"))
        #expect(read == ["name": "\u{1B}[2J"])
    }

    private static func object(_ json: String) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary)
    }
}
