import DiagnosticLogs
import Testing

/// Goal: every form of time that Azure services write is read to the nanosecond.
///
/// Method: tables, a round trip, and every single-byte change of a good time.
@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2019-10-24T00:13:46.3554259Z", 1_571_876_026_355_425_900),
        ("2007-01-09T09:41:00", 1_168_335_660_000_000_000), ("2007-01-09T09:41:00.22Z", 1_168_335_660_220_000_000),
        ("2007-01-09T09:41:00.535404056Z", 1_168_335_660_535_404_056),
        ("2007-01-09T09:41:00.5354040567Z", 1_168_335_660_535_404_056),
        ("2007-01-09T09:41:00.992099+00:00", 1_168_335_660_992_099_000),
        ("2007-01-09T11:41:00+02:00", 1_168_335_660_000_000_000),
        ("2007-01-09T05:11:00-0430", 1_168_335_660_000_000_000), ("2007-01-09 09:41:00z", 1_168_335_660_000_000_000),
        ("2007-01-09T09:41Z", 1_168_335_660_000_000_000),
        ("2024-02-29T24:00:00Z", 1_709_251_200_000_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
        ("04/05/2022 07:54:00", 1_649_145_240_000_000_000), ("1/9/2007 09:41:00", 1_168_335_660_000_000_000),
        ("3/24/2022 2:42:35 PM", 1_648_132_955_000_000_000), ("1/9/2007 12:41:00 AM", 1_168_303_260_000_000_000),
        ("11/3/2020 9:06:42 AM +00:00", 1_604_394_402_000_000_000),
        ("1/9/2007 10:41:00 AM +01:00", 1_168_335_660_000_000_000),
        ("1762531163718", 1_762_531_163_718_000_000), ("1493763938", 1_493_763_938_000_000_000),
        ("638515262815394150", 1_715_929_481_539_415_000), ("1493763938000000", 1_493_763_938_000_000_000),
        ("1493763938000000001", 1_493_763_938_000_000_001), ("-1000", -1_000_000_000_000),
        ("1677-09-22T00:00:00Z", -9_223_286_400_000_000_000), ("1900-03-01T00:00:00Z", -2_203_891_200_000_000_000),
    ])
    func reads(text: String, nanoseconds: Int64) {
        #expect(Timestamp(parsing: text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", " ", "xyz", "2021-02-04T07: 45: 44.5864815Z", "2021-13-01T00:00:00Z", "2021-02-29T00:00:00Z",
        "2021-02-04T25:00:00Z", "2021-02-04T07:60:00Z", "2021-02-04T07:45:61Z", "2021-02-04T07:45:44.Z",
        "2021-02-04T07:45:44ZZ", "2021-02-04T07:45:44+0", "2021-02-04T07:45:44+24:00", "13/13/2021 00:00:00",
        "2021-02-04", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "99999999999999999999", "1/2/21 00:00:00",
        "2021/02/04 00:00:00", "2021-02-04T07:45:44.1234567X", "+1", "--1", "1e9",
    ])
    func refuses(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func printsWhatItReads() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var value = Int64.random(in: -9_000_000_000_000_000_000...9_000_000_000_000_000_000, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: value -= value % 1_000_000_000
            case 1: value -= value % 1_000_000
            case 2: value -= value % 100
            default: break
            }
            let time = Timestamp(nanoseconds: value)
            #expect(Timestamp(parsing: time.iso8601) == time, "\(time.iso8601)")
        }
        #expect(Timestamp(nanoseconds: 1_500_000_000).iso8601 == "1970-01-01T00:00:01.500Z")
        #expect(Timestamp(nanoseconds: -1).iso8601 == "1969-12-31T23:59:59.999999999Z")
    }

    @Test func damagedTimesNeverCrash() {
        let good = Array("2019-10-24T00:13:46.3554259Z".utf8)
        for at in good.indices {
            for byte in UInt8.min...UInt8.max {
                var damaged = good
                damaged[at] = byte
                _ = Timestamp(parsing: String(decoding: damaged, as: UTF8.self))
            }
            _ = Timestamp(parsing: String(decoding: good[..<at], as: UTF8.self))
        }
    }

    @Test func fastAndSlowPathAgree() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let time = Timestamp(
                nanoseconds: Int64.random(in: -6_000_000_000_000_000_000...7_000_000_000_000_000_000, using: &generator)
            )
            // A blank in front makes the fast path pass.
            #expect(Timestamp(parsing: time.iso8601) == Timestamp(parsing: " " + time.iso8601))
        }
    }

    @Test func fastAndSlowPathAgreeOnDamagedTimes() {
        for good in ["2024-02-29T12:23:02.4350000Z", "2024-05-24T23:59:59Z", "2024-05-24T00:00:00.123456789Z"] {
            let bytes = Array(good.utf8)
            for place in bytes.indices {
                for byte in Array("/:09 -.TZ;@p".utf8) + [0x01, 0x10, 0x7F] {
                    var damaged = bytes
                    damaged[place] = byte
                    let text = String(decoding: damaged, as: UTF8.self)
                    #expect(Timestamp(parsing: text) == Timestamp(parsing: " " + text), "\(text)")
                }
            }
        }
    }

    @Test func ticksAndMilliseconds() {
        #expect(Timestamp(dotNetTicks: 621_355_968_000_000_000)?.nanoseconds == 0)
        #expect(Timestamp(dotNetTicks: .min) == nil)
        #expect(Timestamp(epoch: .min)?.nanoseconds == .min)
        #expect(Timestamp(milliseconds: .max).nanoseconds == .max)
        #expect(Timestamp(nanoseconds: -1).milliseconds == -1)
    }
}

/// A generator that gives the same numbers for the same seed everywhere (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
