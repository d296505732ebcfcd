import HubwatchConfiguration
import StateStore
import Testing

@testable import HubwatchRuntime

/// Goal: what sinks owe stops reading, or drops findings, at the limit and not before, and ends with some room.
@Suite struct JournalBudgetTests {
    @Test func theSlowestSinkCounts() {
        var budget = JournalBudget(bytesMax: 1000, policy: .stop, sinks: ["file", "terminal"])
        #expect(!budget.wantsLook)
        budget.written(bytes: 600)
        budget.written(bytes: 399)
        #expect(!budget.wantsLook)
        budget.written(bytes: 1)
        #expect(budget.wantsLook && !budget.isFull, "an upper bound alone stops nothing")
        budget.learned(JournalUsage(bytes: 5000, owedBytes: ["file": 0, "terminal": 999]))
        #expect(!budget.isFull && !budget.wantsLook)
        budget.learned(JournalUsage(bytes: 5000, owedBytes: ["file": 0, "terminal": 1000]))
        #expect(budget.isFull && budget.stops && !budget.drops && budget.wantsLook)
        budget.learned(JournalUsage(bytes: 5000, owedBytes: ["file": 0, "terminal": 750]))
        #expect(budget.isFull, "three quarters")
        budget.learned(JournalUsage(bytes: 5000, owedBytes: ["file": 0, "terminal": 749]))
        #expect(!budget.isFull)
    }

    @Test func aSinkThatNeverStartedOwesEverythingAndOneThatIsNotConfiguredNothing() {
        var budget = JournalBudget(bytesMax: 100, policy: .drop, sinks: ["file"])
        budget.learned(JournalUsage(bytes: 100, owedBytes: ["other": 0]))
        #expect(budget.drops && !budget.stops)
        budget.learned(JournalUsage(bytes: 100, owedBytes: ["other": 100, "file": 0]))
        #expect(!budget.isFull)
    }

    @Test func sumsDoNotOverflow() {
        var budget = JournalBudget(bytesMax: .max, sinks: ["file"])
        budget.learned(JournalUsage(bytes: .max - 1))
        budget.written(bytes: .max)
        #expect(budget.wantsLook)
    }
}
