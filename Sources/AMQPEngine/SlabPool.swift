/// The slabs of one engine: one that is written to, and full ones that come back when nobody holds them any more.
struct SlabPool {
    /// How many full slabs are remembered for reuse; further ones are freed when their last holder lets go.
    static let rememberedMax = 16

    private let slabSize: Int
    private(set) var current: DeliverySlab
    private var full: [DeliverySlab] = []

    init(slabSize: Int) {
        self.slabSize = max(slabSize, 4096)
        current = DeliverySlab(capacity: self.slabSize)
    }

    /// Starts the current slab anew when all its readers are done; memory that is warm in the cache is used first.
    mutating func beginTurn() {
        if current.used > 0, isKnownUniquelyReferenced(&current) { current.used = 0 }
    }

    /// Puts the full slab aside and takes a free one, or a new one.
    mutating func advance() {
        if full.count < Self.rememberedMax { full.append(current) }
        for index in full.indices where isKnownUniquelyReferenced(&full[index]) {
            current = full.remove(at: index)
            current.used = 0
            return
        }
        current = DeliverySlab(capacity: slabSize)
    }

    /// Whether a message of a size goes into an ordinary slab at all.
    func holds(_ count: Int) -> Bool {
        count <= slabSize - DeliverySlab.spareByteCount
    }
}
