public import AMQPTypes

public final class AMQPEngine {
    public typealias Configuration = EngineConfiguration
    public init(_ configuration: EngineConfiguration) {}
    public func receive(_ bytes: UnsafeRawBufferPointer) {}
    public func receiveClosed() {}
    public func disconnected() {}
    public func withOutput(_ body: (UnsafeRawBufferPointer) -> Int) -> Bool { false }
    public func tick(now: UInt64) -> UInt64? { nil }
    public func nextEvent() -> EngineEvent? { nil }
    public var isFinished: Bool { false }
    public var isWriteClosed: Bool { false }
    public var isReadClosed: Bool { false }
    public func open() {}
    public func begin() -> SessionHandle { SessionHandle(raw: 0) }
    public func accept(session: SessionHandle) {}
    public func attach(_ specification: LinkSpecification) -> LinkHandle { LinkHandle(raw: 0) }
    public func accept(link: LinkHandle, _ reply: AttachReply) {}
    public func refuse(link: LinkHandle, _ condition: AMQPCondition) {}
    public func authenticate(accepted: Bool) {}
    public func grantCredit(_ link: LinkHandle, _ credit: UInt32) {}
    public func drain(_ link: LinkHandle) {}
    public func drained(_ link: LinkHandle) {}
    public func credit(of link: LinkHandle) -> Int { 0 }
    public func outgoingBytes(_ session: SessionHandle) -> Int { 0 }
    public func send(
        _ link: LinkHandle, message: UnsafeRawBufferPointer, tag: [UInt8] = [], settled: Bool, messageFormat: UInt32 = 0
    ) -> DeliveryHandle? { nil }
    public func settle(_ delivery: DeliveryHandle, _ outcome: DeliveryOutcome?) {}
    public func detach(_ link: LinkHandle, closed: Bool = true, _ condition: AMQPCondition? = nil) {}
    public func end(_ session: SessionHandle, _ condition: AMQPCondition? = nil) {}
    public func close(_ condition: AMQPCondition? = nil) {}
    public func abort(_ condition: AMQPCondition) {}
}
