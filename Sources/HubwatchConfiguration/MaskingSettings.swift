import Redaction

extension Configuration {
    /// What findings mask: `findings.mask`, with marks where there is a key file.
    static func masking(
        _ reader: inout SettingReader, _ readFile: ((String) throws(ConfigurationProblem) -> String)?
    ) -> Masking {
        var classes: Sensitivity = []
        for name in reader.list("findings.mask") {
            guard let known = Sensitivity.optional.first(where: { $0.name == name }) else {
                let names = Sensitivity.optional.map(\.name).joined(separator: ", ")
                reader.refuse("findings.mask", "takes \(names); '\(name)' is none")
                continue
            }
            classes.formUnion(known.value)
        }
        guard let path = reader.optional("findings.mask_key_file"), let readFile else { return Masking(classes) }
        do {
            let key = MaskKey(Array(try readFile(path).trimmed.utf8))
            if key == nil {
                reader.refuse(
                    "findings.mask_key_file",
                    "'\(path)' holds fewer than \(MaskKey.bytesMin) bytes: `openssl rand -hex 32` makes a key")
            }
            return Masking(classes, key: key)
        } catch {
            reader.refuse("findings.mask_key_file", error.message)
            return Masking(classes)
        }
    }
}
