import Testing

/// Goal: windows that are folded as messages come say what a batch query says that runs at every hop.
///
/// Method: the same messages go through four partition folds and a merger, whose deltas interleave by seed, and, read
/// with another JSON reader, as a table into DuckDB. The closed findings of every window must equal the rows of the
/// query over that window, exactly: groups, columns, types, doubles to the last bit, and how often each row appears.
@Suite(
    .enabled(
        if: DuckDB.python != nil || DuckDB.isDemanded,
        "HUBWATCH_TEST_PYTHON does not name a Python that has the package duckdb"))
struct ESQLAgainstDuckDBTests {
    @Test func ownRule() throws {
        let theft = try TheftComparison.outcome.get()
        #expect(theft.own.batch.count > 100, "the sample has too few findings to compare")
        #expect(theft.own.difference == nil)
        #expect(theft.everyGroup.difference == nil)
        #expect(theft.miscounted == 0)
    }

    @Test(.enabled(if: TheftComparison.publishedText != nil, "HUBWATCH_PUBLISHED_RULE names no file"))
    func publishedRule() throws {
        let published = try #require(try TheftComparison.outcome.get().published)
        #expect(published.batch.count > 100, "the sample has too few findings to compare")
        #expect(published.difference == nil)
    }

    @Test(arguments: QueryPair.all.map(\.name))
    func query(name: String) throws {
        let answers = try #require(try PairComparison.outcome.get()[name])
        #expect(!answers.batch.isEmpty, "the query selects nothing, so it proves nothing")
        #expect(answers.difference == nil)
    }
}
