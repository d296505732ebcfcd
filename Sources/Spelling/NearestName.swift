/// Finds the name that a person most likely meant, for error messages.
public enum NearestName {
    /// The closest candidate; nil when none is close.
    ///
    /// Close means at most a quarter of the letters of the longer word differ, and at least two may. Case is ignored. Ties go to
    /// the first candidate in order, so messages are stable. **Cost**: quadratic in the lengths.
    public static func of(_ name: some StringProtocol, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased())
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased())
            let limit = max(2, max(wanted.count, letters.count) / 4)
            // A word of two letters is within two changes of every other: it says nothing.
            guard !wanted.isEmpty, abs(wanted.count - letters.count) <= limit else { continue }
            let distance = editDistance(wanted, letters)
            if distance <= limit, distance < max(wanted.count, letters.count), distance < best?.distance ?? .max {
                best = (distance, candidate)
            }
        }
        return best?.name
    }

    /// Number of inserted, removed, replaced or swapped neighbouring letters between two words (optimal string alignment).
    private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
