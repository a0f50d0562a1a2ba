//! Resolved numbers of what acts during a run. The scenario room builds these.

use super::metric::{Dimension, Metric, Statistic};
use crate::facts::{AlarmId, FunctionId, LinkId, QualifierId, VersionId};
use crate::kernel::draws::StreamKey;
use crate::units::{Fraction, Share, SimTime, Span};

/// Everything that acts during a run; nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlConfig {
    /// Alarms, sorted by name.
    pub alarms: Vec<AlarmConfig>,
    /// Scalable targets, by function and qualifier.
    pub scaling: Vec<ScalingConfig>,
    /// Deployments, sorted by name.
    pub deployments: Vec<DeploymentConfig>,
}

impl ControlConfig {
    /// Whether nothing acts.
    pub fn is_empty(&self) -> bool {
        self.alarms.is_empty() && self.scaling.is_empty() && self.deployments.is_empty()
    }
}

/// One CloudWatch alarm (ALARM-1).
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmConfig {
    /// Its name in the scenario.
    pub name: String,
    /// What it watches.
    pub metric: Metric,
    /// Of what.
    pub dimension: Dimension,
    /// What is compared.
    pub statistic: Statistic,
    /// Length of a datapoint's period, above 0.
    pub period: Span,
    /// When it goes off at first.
    pub rule: AlarmRule,
    /// When it goes off from an instant on, by rising time.
    pub changes: Vec<(SimTime, AlarmRule)>,
}

/// When an alarm goes off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmRule {
    /// N: how many of the latest datapoints are looked at, at least 1.
    pub evaluation_periods: u32,
    /// M: how many of them must breach, 1 to N.
    pub datapoints_to_alarm: u32,
    /// How a datapoint breaches.
    pub comparison: Comparison,
    /// With what it is compared, in the metric's unit.
    pub threshold: Fraction,
    /// What a missing datapoint means (ALARM-3).
    pub missing: MissingData,
}

impl AlarmConfig {
    /// When it goes off at `now`.
    pub(super) fn rule(&self, now: SimTime) -> &AlarmRule {
        let latest = self.changes.iter().rev().find(|(from, _)| *from <= now);
        latest.map_or(&self.rule, |(_, rule)| rule)
    }

    /// The most datapoints that it ever looks at.
    pub(super) fn most_periods(&self) -> u32 {
        let later = self.changes.iter().map(|(_, rule)| rule.evaluation_periods);
        later.fold(self.rule.evaluation_periods, u32::max)
    }
}

/// How a datapoint breaches its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Comparison {
    /// Whether `value` breaches `threshold`.
    pub fn breaches(self, value: Fraction, threshold: Fraction) -> bool {
        match self {
            Comparison::Above => value > threshold,
            Comparison::AtLeast => value >= threshold,
            Comparison::Below => value < threshold,
            Comparison::AtMost => value <= threshold,
        }
    }
}

/// What a missing datapoint means (ALARM-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingData {
    /// Nothing; without any data the state is INSUFFICIENT_DATA.
    #[default]
    Missing,
    /// It does not breach.
    NotBreaching,
    /// It breaches.
    Breaching,
    /// The state stays as it is.
    Ignore,
}

/// A scalable target of Application Auto Scaling: the provisioned concurrency of one qualifier (AAS-1).
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingConfig {
    /// The function.
    pub function: FunctionId,
    /// Its alias or version.
    pub qualifier: QualifierId,
    /// Its provisioned concurrency at t = 0.
    pub initial: u32,
    /// Least capacity.
    pub minimum: u32,
    /// Most capacity.
    pub maximum: u32,
    /// Target tracking; several must agree to scale in (AAS-9).
    pub policies: Vec<TargetTracking>,
    /// Scheduled actions, by time.
    pub scheduled: Vec<ScheduledAction>,
}

/// Target tracking on `ProvisionedConcurrencyUtilization` (AAS-2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetTracking {
    /// T: 0.1 to 0.9.
    pub target: Fraction,
    /// What of the utilization is compared (AAS-3).
    pub statistic: Statistic,
    /// Datapoints before scaling out (`aas.points_high`).
    pub points_high: u32,
    /// Datapoints before scaling in (`aas.points_low`).
    pub points_low: u32,
    /// Least share that one scale-in keeps (`aas.scale_in_floor`).
    pub scale_in_floor: Fraction,
    /// After scaling out, how long it does not scale out again (AAS-7).
    pub scale_out_cooldown: Span,
    /// After scaling in, how long it does not scale in again (AAS-7).
    pub scale_in_cooldown: Span,
    /// Whether it scales in at all.
    pub scales_in: bool,
}

/// Other capacity limits from `time` on (AAS-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledAction {
    /// When.
    pub time: SimTime,
    /// The new least capacity.
    pub minimum: Option<u32>,
    /// The new most capacity.
    pub maximum: Option<u32>,
}

/// Traffic of an alias moves to another version, step by step (DEP-1).
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentConfig {
    /// Its name in the scenario.
    pub name: String,
    /// When it begins.
    pub at: SimTime,
    /// The function.
    pub function: FunctionId,
    /// The alias.
    pub qualifier: QualifierId,
    /// The new version.
    pub to_version: VersionId,
    /// Weights of the new version and when they hold, counted from the end of the hook before traffic. The last is all.
    pub steps: Vec<(Span, Share)>,
    /// Alarms that make it roll back (DEP-6).
    pub alarms: Vec<AlarmId>,
    /// From alarm to rollback (`rollback_lag`).
    pub rollback_lag: Span,
    /// The hook before traffic moves (DEP-5).
    pub before_traffic: Option<Hook>,
    /// The hook after all of it has moved (DEP-5).
    pub after_traffic: Option<Hook>,
    /// Draws of its hooks.
    pub key: StreamKey,
}

/// A function that decides whether a deployment goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// How long until it has decided, at most an hour.
    pub takes: Span,
    /// How often it says no.
    pub fails: Share,
    /// The way to its function.
    pub invokes: Option<LinkId>,
}
