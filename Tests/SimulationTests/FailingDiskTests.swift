import Foundation
import StateStore
import Testing

@testable import HubwatchTestKit

/// Goal: a disk that fails while the state file is made leaves no file that works in another way than it says.
///
/// Method: every operation of the first opening fails once, alone.
@Suite struct FailingDiskTests {
    @Test func aFileThatOpensHasItsWriteAheadLog() throws {
        var refused = 0
        for failing in 1... {
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "\(SimulatedDisk.mark.dropFirst())\(getpid())-opening-\(failing)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let disk = SimulatedDisk()
            disk.judge = { $0 == failing ? .fails : .works }
            disk.serve {
                let path = folder.appending(path: "state.db").path
                do throws(StateStoreError) {
                    let store = try SQLiteStateStore(
                        path: path, mode: .exclusive, bounds: DeadLetterBounds(), access: .stepwise(boundary: {}))
                    // SQLite's file format, 1.3.3: both numbers are 2 for a write-ahead log.
                    let versions = FileManager.default.contents(atPath: path).map { Array($0[18..<20]) }
                    #expect(versions == [2, 2], "operation \(failing) failed")
                    withExtendedLifetime(store) {}
                } catch {
                    #expect(error.isRetriable, "operation \(failing) failed: \(error)")
                    refused += 1
                }
            }
            // All operations of an opening have failed once.
            if disk.operations < failing { break }
        }
        #expect(refused > 0)
    }
}
