import AzureTokens
import EventHubs
import Foundation

/// Reads files with tokens, secrets and keys: small ones, anew each time.
enum SmallFile {
    /// The text of a file without blanks at its ends.
    ///
    /// **Errors**: a missing, unreadable, empty or large file. They may pass: such files are replaced while a program runs.
    static func text(
        _ path: String, _ what: String, bytesMax: Int = 64 << 10
    ) throws(EventHubsError) -> Secret {
        func refuse(_ why: String, _ remedy: String) -> EventHubsError {
            EventHubsError(
                .invalidConfiguration, "\(what) '\(path)' \(why)", remedy: remedy, isRetriable: false,
                scope: .settings)
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw refuse("does not exist", "Check the path, and that the file is mounted here")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        // A link, as Kubernetes makes them, is looked through by reading at most one byte too many.
        if let type = attributes?[.type] as? FileAttributeType, type != .typeRegular, type != .typeSymbolicLink {
            throw refuse("is not a file", "Name a file")
        }
        guard let handle = fopen(path, "rb") else {
            throw refuse("cannot be read", "Give the user that hubwatch runs as the right to read it")
        }
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = fread(&bytes, 1, bytes.count, handle)
        guard count <= bytesMax else { throw refuse("is larger than \(bytesMax) bytes", "Name the right file") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw refuse("is not text", "Name the right file; a PFX file is made PEM by `openssl pkcs12 -nodes`")
        }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw refuse("is empty", "Write the value into it") }
        return Secret(String(trimmed))
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: Substring {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return text
    }
}
