/// What an event source mapping tells of its events, by CloudWatch's metrics (MET-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStep {
    /// `PolledEventCount`: they were read.
    Polled,
    /// `FilteredOutEventCount` (ESM-6).
    FilteredOut,
    /// `InvokedEventCount`: the function was asked with them, once more at each attempt.
    Invoked,
    /// `FailedInvokeEventCount`: such an attempt was refused, failed, or reported them as failed.
    FailedInvoke,
    /// `DroppedEventCount`: they were given up (STRM-6).
    Dropped,
    /// `OnFailureDestinationDeliveredEventCount`: what was given up went to the destination (STRM-11).
    Delivered,
    /// `DeletedEventCount`: they are done and deleted from their queue.
    Deleted,
    /// `CommittedEventCount`: Kafka's offset has gone past them.
    Committed,
    /// `InvokeErrorCount`: attempts that were refused or failed.
    InvokeError,
    /// `SumOffsetLag`: records that wait in all partitions.
    SumOffsetLag,
    /// `EventPollerThroughputInBytes`: bytes that provisioned pollers fetched.
    Fetched,
}
