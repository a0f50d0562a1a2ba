//! Listeners that count: summary, CloudWatch datapoints, timeline, fingerprint.

mod apart;
mod backlog;
mod budget;
mod closing;
mod event_trains;
mod fingerprint;
mod function_state;
mod gauge;
mod histogram;
mod joined;
mod mappings;
mod period;
mod queues;
mod recorder;
mod retries;
mod scope;
mod sink;
mod stream_book;
mod summary;
mod timeline;

pub use backlog::{SourceId, SourceSteps};
pub use histogram::Histogram;
pub use joined::Told;
pub use mappings::MappingMetrics;
pub use recorder::{FlowInfo, FunctionInfo, Recorder, RecorderConfig};
pub use scope::{Members, Scope};
pub use sink::{Datapoint, Sink, ThrottleRow};
pub use summary::{
    AccountSummary, AsyncSummary, BudgetCounts, BudgetSummary, Counts, FunctionSummary, GaugeSummary, LatencyRow,
    LatencySummary, QueueSummary, ReaderSummary, RetrySummary, StreamSummary, Summary, TrafficSummary, VersionSummary,
};
pub use timeline::{Bucket, EventTally, FunctionSteps, TimeSpent, TimelineSummary};
