use crate::facts::{FunctionId, QualifierId, QueueId, StreamId, VersionId};

/// What an alarm can watch (lambda-model §10.1), by CloudWatch's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// MET-1.
    Invocations,
    /// MET-2: one sample for each invocation that has ended, 0 or 1; so the average is the share that failed.
    Errors,
    /// MET-3: one sample for each request, 0 or 1; so the average is the share that was throttled.
    Throttles,
    /// MET-4.
    Duration,
    /// MET-6.
    ConcurrentExecutions,
    /// MET-7, of the account.
    UnreservedConcurrentExecutions,
    /// MET-11, of the account.
    ClaimedAccountConcurrency,
    /// MET-8.
    ProvisionedConcurrentExecutions,
    /// MET-10, PC-11, of an alias or a version.
    ProvisionedConcurrencyUtilization,
    /// MET-9.
    ProvisionedConcurrencyInvocations,
    /// MET-9.
    ProvisionedConcurrencySpilloverInvocations,
    /// MET-12.
    AsyncEventsReceived,
    /// MET-12.
    AsyncEventsDropped,
    /// MET-13.
    AsyncEventAge,
    /// MET-15, of a stream or of a function that reads some: one sample for each batch that has ended.
    IteratorAge,
    /// MET-15, of Kafka likewise.
    OffsetLag,
    /// Messages sent to a queue.
    NumberOfMessagesSent,
    /// Receives of single messages.
    NumberOfMessagesReceived,
    /// Messages deleted.
    NumberOfMessagesDeleted,
    /// Messages of a queue that wait.
    ApproximateNumberOfMessagesVisible,
    /// Messages of a queue that are in flight.
    ApproximateNumberOfMessagesNotVisible,
    /// Age of the oldest message of a queue that is not deleted, in seconds.
    ApproximateAgeOfOldestMessage,
    /// Invocations that waited for a new environment.
    SimColdStarts,
}

/// How datapoints of a metric come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Samples that are counted.
    Count,
    /// Samples of a time.
    Time,
    /// A value that holds until it changes.
    Gauge,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 23] = [
        Metric::Invocations,
        Metric::Errors,
        Metric::Throttles,
        Metric::Duration,
        Metric::ConcurrentExecutions,
        Metric::UnreservedConcurrentExecutions,
        Metric::ClaimedAccountConcurrency,
        Metric::ProvisionedConcurrentExecutions,
        Metric::ProvisionedConcurrencyUtilization,
        Metric::ProvisionedConcurrencyInvocations,
        Metric::ProvisionedConcurrencySpilloverInvocations,
        Metric::AsyncEventsReceived,
        Metric::AsyncEventsDropped,
        Metric::AsyncEventAge,
        Metric::IteratorAge,
        Metric::OffsetLag,
        Metric::NumberOfMessagesSent,
        Metric::NumberOfMessagesReceived,
        Metric::NumberOfMessagesDeleted,
        Metric::ApproximateNumberOfMessagesVisible,
        Metric::ApproximateNumberOfMessagesNotVisible,
        Metric::ApproximateAgeOfOldestMessage,
        Metric::SimColdStarts,
    ];

    /// CloudWatch's name; `Sim…` for what CloudWatch does not have.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Invocations => "Invocations",
            Metric::Errors => "Errors",
            Metric::Throttles => "Throttles",
            Metric::Duration => "Duration",
            Metric::ConcurrentExecutions => "ConcurrentExecutions",
            Metric::UnreservedConcurrentExecutions => "UnreservedConcurrentExecutions",
            Metric::ClaimedAccountConcurrency => "ClaimedAccountConcurrency",
            Metric::ProvisionedConcurrentExecutions => "ProvisionedConcurrentExecutions",
            Metric::ProvisionedConcurrencyUtilization => "ProvisionedConcurrencyUtilization",
            Metric::ProvisionedConcurrencyInvocations => "ProvisionedConcurrencyInvocations",
            Metric::ProvisionedConcurrencySpilloverInvocations => "ProvisionedConcurrencySpilloverInvocations",
            Metric::AsyncEventsReceived => "AsyncEventsReceived",
            Metric::AsyncEventsDropped => "AsyncEventsDropped",
            Metric::AsyncEventAge => "AsyncEventAge",
            Metric::IteratorAge => "IteratorAge",
            Metric::OffsetLag => "OffsetLag",
            Metric::NumberOfMessagesSent => "NumberOfMessagesSent",
            Metric::NumberOfMessagesReceived => "NumberOfMessagesReceived",
            Metric::NumberOfMessagesDeleted => "NumberOfMessagesDeleted",
            Metric::ApproximateNumberOfMessagesVisible => "ApproximateNumberOfMessagesVisible",
            Metric::ApproximateNumberOfMessagesNotVisible => "ApproximateNumberOfMessagesNotVisible",
            Metric::ApproximateAgeOfOldestMessage => "ApproximateAgeOfOldestMessage",
            Metric::SimColdStarts => "SimColdStarts",
        }
    }

    /// How its datapoints come about.
    pub const fn nature(self) -> Nature {
        match self {
            Metric::Duration | Metric::AsyncEventAge | Metric::IteratorAge => Nature::Time,
            Metric::ConcurrentExecutions
            | Metric::UnreservedConcurrentExecutions
            | Metric::ClaimedAccountConcurrency
            | Metric::ProvisionedConcurrentExecutions
            | Metric::ProvisionedConcurrencyUtilization
            | Metric::ApproximateNumberOfMessagesVisible
            | Metric::ApproximateNumberOfMessagesNotVisible
            | Metric::ApproximateAgeOfOldestMessage => Nature::Gauge,
            _ => Nature::Count,
        }
    }

    /// The statistic that §10.1 names for it.
    pub const fn usual_statistic(self) -> Statistic {
        match (self, self.nature()) {
            (Metric::IteratorAge | Metric::OffsetLag, _) | (_, Nature::Gauge) => Statistic::Maximum,
            (_, Nature::Count) => Statistic::Sum,
            (_, Nature::Time) => Statistic::Average,
        }
    }

    /// Whether it is SQS's, of a queue: those have a datapoint for every period.
    pub const fn is_of_queues(self) -> bool {
        matches!(
            self,
            Metric::NumberOfMessagesSent
                | Metric::NumberOfMessagesReceived
                | Metric::NumberOfMessagesDeleted
                | Metric::ApproximateNumberOfMessagesVisible
                | Metric::ApproximateNumberOfMessagesNotVisible
                | Metric::ApproximateAgeOfOldestMessage
        )
    }

    /// Whether batches of streams tell it (MET-15).
    pub const fn is_of_batches(self) -> bool {
        matches!(self, Metric::IteratorAge | Metric::OffsetLag)
    }
}

/// Of what a metric is taken (MET-19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The region.
    Account,
    /// `FunctionName`.
    Function(FunctionId),
    /// `Resource`: an alias or a version that is invoked by name.
    Qualifier(FunctionId, QualifierId),
    /// `ExecutedVersion`, whatever the name it was invoked by.
    Version(FunctionId, VersionId),
    /// `QueueName`.
    Queue(QueueId),
    /// A stream or topic, whoever reads it.
    Stream(StreamId),
}

impl Dimension {
    /// Whether something about this function, addressed and served like this, belongs to it.
    pub fn holds(self, function: FunctionId, qualifier: QualifierId, version: Option<VersionId>) -> bool {
        match self {
            Dimension::Account => true,
            Dimension::Function(of) => of == function,
            Dimension::Qualifier(of, by) => of == function && by == qualifier,
            Dimension::Version(of, executed) => of == function && version == Some(executed),
            Dimension::Queue(_) | Dimension::Stream(_) => false,
        }
    }
}

/// What a period's samples are reduced to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum.
    Sum,
    /// Their mean; of a gauge weighted with time.
    Average,
    /// The largest.
    Maximum,
    /// The smallest.
    Minimum,
    /// How many there were.
    SampleCount,
}

impl Statistic {
    /// CloudWatch's names, in the order of [`Statistic::ALL`].
    pub const NAMES: [&'static str; 5] = ["Sum", "Average", "Maximum", "Minimum", "SampleCount"];
    /// All of them.
    pub const ALL: [Statistic; 5] = [
        Statistic::Sum,
        Statistic::Average,
        Statistic::Maximum,
        Statistic::Minimum,
        Statistic::SampleCount,
    ];
}
