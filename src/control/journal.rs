use crate::facts::{Action, AlarmState, DeploymentStep, Observer};
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
    /// Changes that Lambda took.
    pub actions: u64,
    /// Changes that it refused (PC-9).
    pub refused: u64,
    /// The largest capacity that was asked for and taken.
    pub largest: u32,
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

/// Writes down what happens and tells it to listeners.
#[derive(Clone, Debug)]
pub(super) struct Journal(ControlSummary);

impl Journal {
    pub fn new(deployments: usize, targets: usize) -> Journal {
        Journal(ControlSummary {
            scaling: vec![ScalingSummary::default(); targets],
            deployments: vec![DeploymentSummary::default(); deployments],
            ..ControlSummary::default()
        })
    }

    pub fn write<O: Observer>(&mut self, now: SimTime, action: Action, observer: &mut O) {
        observer.acted(now, &action);
        if self.0.journal.len() < MOST_ENTRIES {
            self.0.journal.push((now, action));
        } else {
            self.0.omitted += 1;
        }
    }

    pub fn scaled(&mut self, target: usize, amount: u32, accepted: bool) {
        let summary = &mut self.0.scaling[target];
        if accepted {
            summary.actions += 1;
            summary.largest = summary.largest.max(amount);
        } else {
            summary.refused += 1;
        }
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
            DeploymentStep::Shifted(_) => {}
        }
    }

    pub fn finish(self, alarms: Vec<AlarmSummary>) -> ControlSummary {
        ControlSummary { alarms, ..self.0 }
    }
}
