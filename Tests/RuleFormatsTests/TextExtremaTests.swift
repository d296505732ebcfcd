import Detection
import DiagnosticLogs
import Testing

/// Minima and maxima of columns that are declared as text never read numbers in them.
@Suite struct TextExtremaTests {
    @Test(
        arguments: [
            ("azure.open_ai.operation_name", Expression.call(.toString, [.field(path("operationName"))])),
            ("azure.open_ai.result_signature", .call(.toString, [.field(path("resultSignature"))])),
            (
                "TO_LOWER(azure.open_ai.category)",
                .call(.toString, [.call(.toLower, [.field(path("category"))])])
            ),
            (
                "azure.open_ai.properties.response_length",
                .call(.toLong, [.field(path("properties", "responseLength"))])
            ),
            ("@timestamp", .field(.derived(.eventTime))),
        ])
    func declaredTypeDecides(_ column: String, _ argument: Expression) throws {
        let body = try Make.body("FROM logs-azure_openai.logs-* | STATS lo = MIN(\(column)), hi = MAX(\(column))")
        #expect(body.aggregates.map(\.argument) == [argument, argument])
    }
}
