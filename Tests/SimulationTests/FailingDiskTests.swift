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

    @Test func aFileWhoseMakingWasCutShortIsMadeAgain() throws {
        var cut = 0
        for failing in 1... {
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "\(SimulatedDisk.mark.dropFirst())\(getpid())-making-\(failing)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let disk = SimulatedDisk()
            disk.judge = { $0 == failing ? .crash : .works }
            let (first, second) = (folder.appending(path: "1.db").path, folder.appending(path: "2.db").path)
            try disk.serve {
                let store = try? SQLiteStateStore(
                    path: first, mode: .exclusive, bounds: DeadLetterBounds(), access: .stepwise(boundary: {}))
                if disk.hasCrashed { cut += 1 }
                // What the process has left, before its files are closed.
                for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: first + suffix) {
                    try FileManager.default.copyItem(atPath: first + suffix, toPath: second + suffix)
                }
                withExtendedLifetime(store) {}
            }
            disk.restart()
            disk.judge = { _ in .works }
            disk.serve {
                #expect(throws: Never.self, "operation \(failing) was the last") {
                    _ = try SQLiteStateStore(
                        path: second, mode: .exclusive, bounds: DeadLetterBounds(), access: .stepwise(boundary: {}))
                }
            }
            if disk.operations < failing { break }
        }
        #expect(cut > 0)
    }
}
