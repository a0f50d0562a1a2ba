//! The platform: environments, pools, limits, admission, retries (lambda-model §2–4, §7).

mod account;
mod caller;
mod config;
mod configure;
mod deliver;
mod environment;
mod execution;
mod function;
mod invoke;
mod outbox;
mod platform;
mod provisioned;
mod provisioned_pool;
mod rate;
mod runtimes;
pub mod switches;
mod task;
mod transfer;

pub use account::billed_ms;
pub use caller::{Clients, Failure};
pub use config::{
    AccountConfig, AllocationConfig, AsyncQueueConfig, EnvPick, EventInvokeConfig, FlowConfig, FunctionConfig,
    LinkConfig, Onward, QualifierConfig, RateShape, ResponseMode, RetryConfig, RetryMode, ScalingRule, Sender,
    TrafficConfig, TransferConfig, VersionConfig,
};
pub use configure::ReserveError;
pub use platform::{Parts, Platform, Reply};
pub use provisioned::ProvisionError;
pub use runtimes::{Runtime, default_idle, default_max_life};
