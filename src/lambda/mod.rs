//! The platform: environments, pools, limits, admission, retries (lambda-model §2–4, §7).

mod account;
mod application;
mod budget;
mod caller;
mod cells;
mod certificate;
mod config;
mod configure;
mod creation;
mod deliver;
mod ends;
mod environment;
mod environments;
mod equipment;
mod esm;
mod event_trains;
mod execution;
mod file_system;
mod files;
mod front;
mod function;
mod in_flight;
mod interfaces;
mod invoke;
mod ledger;
mod look;
mod outbox;
mod peaks;
mod plain;
mod plain_flow;
mod platform;
mod provisioned;
mod provisioned_pool;
mod rate;
mod resources;
mod rewire;
mod runtimes;
mod shelf;
mod stored;
pub mod switches;
mod task;
mod train;
mod transfer;
mod wakefulness;

pub use account::billed_ms;
pub use application::application_init;
pub use caller::Clients;
pub(crate) use certificate::Certificate;
pub use config::{
    AccountConfig, AllocationConfig, AsyncQueueConfig, Beyond, BudgetConfig, BudgetLimit, BudgetUse, EnvPick,
    EventInvokeConfig, FlowConfig, FrontConfig, FrontService, FunctionConfig, GatewayRate, LinkConfig, Onward,
    PushConfig, QualifierConfig, RateShape, RecordsConfig, ResponseMode, RetryConfig, RetryMode, ScalingRule, Sender,
    Through, TrafficConfig, TransferConfig, VersionConfig,
};
pub use configure::ReserveError;
pub use equipment::{Dormancy, Equipment, Extensions, Mount, Network, Publication, Snapshot};
pub use esm::{
    LaneConfig, MappingConfig, MappingSource, MetricGroups, PollerConfig, QueueMappingConfig, Reading, ScalingConfig,
    StreamMappingConfig,
};
pub use file_system::{FileSystemConfig, Throughput};
pub(crate) use in_flight::shared_senders;
pub(crate) use ledger::Ledger;
pub use peaks::Peaks;
pub use platform::{Parts, Platform, Reply};
pub use provisioned::ProvisionError;
pub use rate::{FunctionPeaks, Peak};
pub use runtimes::{Runtime, default_idle, default_max_life, snap_start_terms};
