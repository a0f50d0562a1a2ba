use crate::facts::{FunctionId, QualifierId, VersionId};

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
    pub const ALL: [Metric; 15] = [
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
            Metric::SimColdStarts => "SimColdStarts",
        }
    }

    /// How its datapoints come about.
    pub const fn nature(self) -> Nature {
        match self {
            Metric::Duration | Metric::AsyncEventAge => Nature::Time,
            Metric::ConcurrentExecutions
            | Metric::UnreservedConcurrentExecutions
            | Metric::ClaimedAccountConcurrency
            | Metric::ProvisionedConcurrentExecutions
            | Metric::ProvisionedConcurrencyUtilization => Nature::Gauge,
            _ => Nature::Count,
        }
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
}

impl Dimension {
    /// Whether something about this function, addressed and served like this, belongs to it.
    pub fn holds(self, function: FunctionId, qualifier: QualifierId, version: Option<VersionId>) -> bool {
        match self {
            Dimension::Account => true,
            Dimension::Function(of) => of == function,
            Dimension::Qualifier(of, by) => of == function && by == qualifier,
            Dimension::Version(of, executed) => of == function && version == Some(executed),
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

    /// What §10.1 names for this kind of metric.
    pub const fn usual(nature: Nature) -> Statistic {
        match nature {
            Nature::Count => Statistic::Sum,
            Nature::Time => Statistic::Average,
            Nature::Gauge => Statistic::Maximum,
        }
    }
}
