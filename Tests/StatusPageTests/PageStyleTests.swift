import Foundation
import Testing

@testable import StatusPage

/// Goal: the page can be read in the light and in the dark.
///
/// Method: the colours are taken from the style sheet and compared as WCAG 2.2 says, "Contrast (Minimum)" and "Non-text Contrast".
@Suite struct PageStyleTests {
    /// The values of the variables, in the light and in the dark.
    private static func palettes() -> [[String: String]] {
        let sheet = "\(PageStyle.sheet)"
        return sheet.matches(of: /:root\{(?<body>[^}]*)\}/).map { match in
            var colours: [String: String] = [:]
            for pair in match.output.body.matches(of: /--(?<name>[a-z0-9]+):(?<value>#[0-9a-f]{6})/) {
                colours[String(pair.output.name)] = String(pair.output.value)
            }
            return colours
        }
    }

    private static func luminance(_ colour: String) throws -> Double {
        let number = try #require(Int(colour.dropFirst(), radix: 16))
        let parts = [16, 8, 0].map { shift -> Double in
            let value = Double((number >> shift) & 255) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private static func contrast(_ a: String, _ b: String) throws -> Double {
        let (first, second) = (try luminance(a), try luminance(b))
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    @Test func textsStandOutFromTheirGround() throws {
        let palettes = Self.palettes()
        #expect(palettes.count == 2)
        for palette in palettes {
            for ground in ["ground", "raised"] {
                for text in ["ink", "soft", "accent", "bad", "warn", "good", "s1", "s2", "s3", "s4", "s5"] {
                    let ratio = try Self.contrast(#require(palette[text]), #require(palette[ground]))
                    #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
                }
            }
        }
    }

    @Test func classesOfThePageHaveStyles() throws {
        let sheet = "\(PageStyle.sheet)"
        let document = String(
            decoding: StatusPage(SampleStatus.view, SampleStatus.recent).drawing().document(nonce: "n"), as: UTF8.self)
        var classes: Set<String> = []
        for element in try PageReader.read(document).everything {
            for name in (element.attributes["class"] ?? "").split(separator: " ") { classes.insert(String(name)) }
        }
        for name in classes { #expect(sheet.contains(".\(name)"), ".\(name) has no style") }
    }
}
