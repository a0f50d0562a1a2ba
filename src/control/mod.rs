//! What acts on the platform during a run, at instants of its own: alarms, Application Auto Scaling, deployments
//! (lambda-model §3.4, §7, §10.2).

mod act;
mod ages;
mod alarm;
mod change;
mod changes;
mod claims;
mod config;
mod controller;
mod deployment;
mod gauge;
mod journal;
mod metric;
mod monitor;
mod samples;
mod scaling;

pub use act::Act;
pub use change::{Change, ChangeRefusal, FunctionChange};
pub use changes::{ChangeStep, Changes, PlannedChange, RefusedChange};
pub use config::{
    AlarmConfig, AlarmRule, Comparison, ControlConfig, DeploymentConfig, Hook, MissingData, ScalingConfig,
    ScheduledAction, TargetTracking,
};
pub use controller::{Controller, Watchers};
pub use deployment::{canary, linear};
pub use journal::{AlarmSummary, ControlSummary, DeploymentStatus, DeploymentSummary, ScalingSummary};
pub use metric::{Dimension, Metric, Nature, Statistic};
pub use monitor::Monitor;
