use super::config::{ControlConfig, ScalingConfig};
use crate::facts::{Action, AlarmState, DeploymentStep, Observer, ScalingCause};
use crate::units::{SimTime, Span};

/// Entries kept; a run of years with an alarm that flutters must not fill the memory. Counts go on.
const MOST_ENTRIES: usize = 10_000;

/// What acted during a run and what alarms found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlSummary {
    /// Per alarm, in the plan's order.
    pub alarms: Vec<AlarmSummary>,
    /// Per scalable target, in the plan's order.
    pub scaling: Vec<ScalingSummary>,
    /// Per deployment, in the plan's order.
    pub deployments: Vec<DeploymentSummary>,
    /// Everything that happened, in order: the first ten thousand entries.
    pub journal: Vec<(SimTime, Action)>,
    /// How many more there are.
    pub omitted: u64,
}

/// One alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlarmSummary {
    /// Its state at the end.
    pub state: AlarmState,
    /// How often it went into ALARM.
    pub alarms: u64,
    /// Time in ALARM.
    pub in_alarm: Span,
    /// When it first went into ALARM.
    pub first: Option<SimTime>,
}

/// One scalable target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScalingSummary {
    /// How often it was scaled out (AAS-5).
    pub scale_out: u64,
    /// How often it was scaled in (AAS-6).
    pub scale_in: u64,
    /// How often a scheduled action moved it (AAS-10).
    pub scheduled: u64,
    /// Changes that Lambda refused (PC-9).
    pub refused: u64,
    /// When it was first scaled out.
    pub first_scale_out: Option<SimTime>,
    /// When it was first scaled in.
    pub first_scale_in: Option<SimTime>,
    /// The smallest amount that was asked for and taken.
    pub smallest: u32,
    /// The largest.
    pub largest: u32,
    /// The last.
    pub last: u32,
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeploymentStatus {
    /// It has not begun.
    #[default]
    Created,
    /// It goes on.
    InProgress,
    /// All traffic has moved.
    Succeeded,
    /// All traffic is back.
    RolledBack,
}

impl DeploymentStatus {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            DeploymentStatus::Created => "Created",
            DeploymentStatus::InProgress => "InProgress",
            DeploymentStatus::Succeeded => "Succeeded",
            DeploymentStatus::RolledBack => "RolledBack",
        }
    }
}

/// One deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DeploymentSummary {
    /// How it stands at the end.
    pub status: DeploymentStatus,
    /// When it began.
    pub started: Option<SimTime>,
    /// When it had succeeded or was rolled back.
    pub ended: Option<SimTime>,
    /// Why it was rolled back.
    pub failure: Option<DeploymentStep>,
}

impl ControlSummary {
    /// Nothing has happened yet.
    pub fn blank(config: &ControlConfig) -> ControlSummary {
        let target = |scaling: &ScalingConfig| ScalingSummary {
            smallest: scaling.initial,
            largest: scaling.initial,
            last: scaling.initial,
            ..ScalingSummary::default()
        };
        ControlSummary {
            alarms: vec![AlarmSummary::default(); config.alarms.len()],
            scaling: config.scaling.iter().map(target).collect(),
            deployments: vec![DeploymentSummary::default(); config.deployments.len()],
            ..ControlSummary::default()
        }
    }
}

/// Writes down what happens and tells it to listeners.
#[derive(Clone, Debug)]
pub(super) struct Journal(ControlSummary);

impl Journal {
    pub fn new(config: &ControlConfig) -> Journal {
        Journal(ControlSummary::blank(config))
    }

    pub fn write<O: Observer>(&mut self, now: SimTime, action: Action, observer: &mut O) {
        observer.acted(now, &action);
        if self.0.journal.len() < MOST_ENTRIES {
            self.0.journal.push((now, action));
        } else {
            self.0.omitted += 1;
        }
    }

    pub fn scaled(&mut self, now: SimTime, target: usize, amount: u32, cause: ScalingCause) {
        let summary = &mut self.0.scaling[target];
        match cause {
            ScalingCause::ScaleOut => {
                summary.scale_out += 1;
                summary.first_scale_out.get_or_insert(now);
            }
            ScalingCause::ScaleIn => {
                summary.scale_in += 1;
                summary.first_scale_in.get_or_insert(now);
            }
            ScalingCause::Schedule => summary.scheduled += 1,
        }
        summary.smallest = summary.smallest.min(amount);
        summary.largest = summary.largest.max(amount);
        summary.last = amount;
    }

    pub fn refused(&mut self, target: usize) {
        self.0.scaling[target].refused += 1;
    }

    pub fn deployed(&mut self, now: SimTime, deployment: usize, step: DeploymentStep) {
        let summary = &mut self.0.deployments[deployment];
        match step {
            DeploymentStep::Started => {
                (summary.status, summary.started) = (DeploymentStatus::InProgress, Some(now));
            }
            DeploymentStep::Succeeded => {
                (summary.status, summary.ended) = (DeploymentStatus::Succeeded, Some(now));
            }
            DeploymentStep::RolledBack => {
                (summary.status, summary.ended) = (DeploymentStatus::RolledBack, Some(now));
            }
            DeploymentStep::HookFailed | DeploymentStep::Alarmed(_) => summary.failure = Some(step),
            DeploymentStep::Shifted(_) | DeploymentStep::Checking => {}
        }
    }

    pub fn finish(self, alarms: Vec<AlarmSummary>) -> ControlSummary {
        ControlSummary { alarms, ..self.0 }
    }
}
