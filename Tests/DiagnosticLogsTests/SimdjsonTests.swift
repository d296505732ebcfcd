import CSimdjson
import Testing

/// Goal: the JSON library is the one this build expects.
///
/// Method: its start-up self-test and its kernel name.
@Suite struct SimdjsonTests {
    @Test func selfTestPasses() {
        #expect(csj_self_test() == 1)
    }

    @Test func kernelHasAName() {
        let name = String(cString: csj_kernel_name())
        #expect(["icelake", "haswell", "westmere", "arm64", "ppc64", "fallback"].contains(name))
    }
}
