import AMQPTypes
import CProton

/// Moves values between Proton's trees and ours, through their encoding.
///
/// Both sides have a complete codec, so that the bytes are the one interface that no type falls through.
enum ProtonData {
    /// Replaces the contents of a tree by one value.
    static func put(_ value: AMQPValue, into data: OpaquePointer?) {
        guard let data else { return }
        pn_data_clear(data)
        let bytes = AMQPEncoder.encode(value)
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { chars in
                _ = pn_data_decode(data, chars.baseAddress, chars.count)
            }
        }
        pn_data_rewind(data)
    }

    /// The first value of a tree; nil when it is empty or cannot be read.
    static func get(_ data: OpaquePointer?) -> AMQPValue? {
        guard let data, pn_data_size(data) > 0 else { return nil }
        pn_data_rewind(data)
        let size = pn_data_encoded_size(data)
        guard size > 0 else { return nil }
        var bytes = [CChar](repeating: 0, count: size)
        let count = pn_data_encode(data, &bytes, size)
        pn_data_rewind(data)
        guard count > 0, count <= size else { return nil }
        return bytes.withUnsafeBytes { buffer in
            var decoder = AMQPDecoder(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return try? decoder.next()
        }
    }

    static func map(_ data: OpaquePointer?) -> AMQPMap {
        get(data)?.map ?? AMQPMap()
    }

    static func symbols(_ data: OpaquePointer?) -> [String] {
        get(data)?.symbols ?? []
    }

    static func string(_ text: UnsafePointer<CChar>?) -> String? {
        text.map { String(cString: $0) }
    }
}

extension AMQPCondition {
    /// Copies a condition that is set.
    init?(proton condition: OpaquePointer?) {
        guard let condition, pn_condition_is_set(condition) else { return nil }
        self.init(
            name: ProtonData.string(pn_condition_get_name(condition)) ?? "",
            description: ProtonData.string(pn_condition_get_description(condition)),
            info: ProtonData.map(pn_condition_info(condition)))
    }

    /// Writes the condition where Proton will send it from.
    func store(in condition: OpaquePointer?) {
        guard let condition else { return }
        _ = pn_condition_set_name(condition, name)
        if let description { _ = pn_condition_set_description(condition, description) }
        if !info.isEmpty { ProtonData.put(.map(info), into: pn_condition_info(condition)) }
    }
}

extension Terminus {
    /// Copies a terminus; nil when the peer sent none.
    init?(proton terminus: OpaquePointer?) {
        guard let terminus else { return nil }
        let type = pn_terminus_get_type(terminus)
        guard type != PN_UNSPECIFIED else { return nil }
        self.init(
            address: ProtonData.string(pn_terminus_get_address(terminus)),
            filter: ProtonData.map(pn_terminus_filter(terminus)),
            capabilities: ProtonData.symbols(pn_terminus_capabilities(terminus)))
        isDynamic = pn_terminus_is_dynamic(terminus)
        durability = UInt32(truncatingIfNeeded: pn_terminus_get_durability(terminus).rawValue)
        timeout = pn_terminus_get_timeout(terminus)
        nodeProperties = ProtonData.map(pn_terminus_properties(terminus))
        isCoordinator = type == PN_COORDINATOR
    }

    /// Writes a terminus where Proton will send it from.
    static func store(_ terminus: Terminus?, in proton: OpaquePointer?, type: pn_terminus_type_t) {
        guard let terminus else {
            _ = pn_terminus_set_type(proton, PN_UNSPECIFIED)
            return
        }
        _ = pn_terminus_set_type(proton, type)
        if let address = terminus.address { _ = pn_terminus_set_address(proton, address) }
        if terminus.isDynamic { _ = pn_terminus_set_dynamic(proton, true) }
        _ = pn_terminus_set_durability(proton, pn_durability_t(rawValue: terminus.durability))
        if terminus.timeout > 0 { _ = pn_terminus_set_timeout(proton, terminus.timeout) }
        if !terminus.filter.isEmpty, type == PN_SOURCE {
            ProtonData.put(.map(terminus.filter), into: pn_terminus_filter(proton))
        }
        if !terminus.capabilities.isEmpty {
            ProtonData.put(.symbols(terminus.capabilities), into: pn_terminus_capabilities(proton))
        }
        if !terminus.nodeProperties.isEmpty {
            ProtonData.put(.map(terminus.nodeProperties), into: pn_terminus_properties(proton))
        }
    }
}
