/// What every text that matches a regular expression contains.
extension RegexNode {
    /// Pieces of which a matching text contains at least one, folded; nil when nothing is that certain.
    ///
    /// `.text` is a node that stands for exactly one text, which its neighbours may go on with.
    fileprivate enum Need {
        case text([UInt8])
        case oneOf([[UInt8]])
        case nothing
    }

    /// Most pieces that one expression is looked up by.
    private static let alternativesMax = 16

    /// Pieces of at least two bytes of which a matching text, folded, contains at least one; nil when there are none.
    ///
    /// Holds for ASCII texts: a set that ignores case takes in a few letters beyond ASCII that fold to no member of it.
    var requiredPieces: [[UInt8]]? {
        switch need {
        case .text(let text): text.count >= 2 ? [text] : nil
        case .oneOf(let pieces): pieces
        case .nothing: nil
        }
    }

    private var need: Need {
        switch self {
        case .empty, .assertion: return .text([])
        case .characters(let set): return set.onlyFolded.map { .text(Array(String(Character($0)).utf8)) } ?? .nothing
        case .sequence(let nodes): return Self.best(of: nodes.map(\.need))
        case .alternatives(let branches):
            var pieces: [[UInt8]] = []
            for branch in branches {
                guard let needed = branch.requiredPieces else { return .nothing }
                pieces += needed.filter { !pieces.contains($0) }
            }
            return pieces.count <= Self.alternativesMax ? .oneOf(pieces) : .nothing
        case .repeated(let inner, let min, _):
            guard min > 0, let pieces = inner.requiredPieces else { return .nothing }
            return .oneOf(pieces)
        }
    }

    /// Joins texts that follow each other and takes the last need of at least six bytes, or else the longest: names of
    /// operations and resources begin alike and end differently.
    private static func best(of needs: [Need]) -> Need {
        var joined: [Need] = []
        for need in needs {
            if case .text(let next) = need, case .text(let before)? = joined.last {
                joined[joined.count - 1] = .text(before + next)
            } else {
                joined.append(need)
            }
        }
        if joined.count == 1 { return joined[0] }
        var best: [[UInt8]]?
        for need in joined {
            let pieces: [[UInt8]]
            switch need {
            case .text(let text): pieces = text.count >= 2 ? [text] : []
            case .oneOf(let list): pieces = list
            case .nothing: pieces = []
            }
            guard let length = pieces.map(\.count).min() else { continue }
            if length >= 6 || length > best?.map(\.count).min() ?? 0 { best = pieces }
        }
        return best.map { .oneOf($0) } ?? .nothing
    }
}

extension RegexNode.CharacterSet {
    /// The one character that all members fold to; nil when there are several.
    fileprivate var onlyFolded: Unicode.Scalar? {
        guard !isNegated, !ranges.isEmpty, ranges.count <= 8 else { return nil }
        var found: Unicode.Scalar?
        for range in ranges {
            // Two cases of a letter are never neighbours, so a range of several characters is several letters.
            guard range.count == 1, let scalar = Unicode.Scalar(range.lowerBound) else { return nil }
            let folded = CaseFolding.fold(scalar)
            if let found, found != folded { return nil }
            found = folded
        }
        return found
    }
}
