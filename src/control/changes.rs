use super::act::Act;
use super::change::{Change, ChangeRefusal};
use crate::facts::{FunctionId, Observer};
use crate::lambda::Platform;
use crate::units::SimTime;

/// A change as the scenario names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChange {
    /// Its name.
    pub name: String,
    /// From when on it holds.
    pub from: SimTime,
    /// Until when; `None` to the end.
    pub until: Option<SimTime>,
    /// Paths of the scenario with the values they get, as written.
    pub set: Vec<(String, String)>,
}

/// All that changes at one instant, in the order in which it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeStep {
    /// The instant.
    pub at: SimTime,
    /// What changes then.
    pub changes: Vec<Change>,
}

/// A change that Lambda would refuse in the state the account was in; everything stayed as it was (PC-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// When it was tried.
    pub at: SimTime,
    /// Whose reserved or provisioned concurrency it was.
    pub function: FunctionId,
    /// Why it was refused.
    pub reason: ChangeRefusal,
}

/// Makes the changes of a plan when their time has come.
#[derive(Clone, Debug)]
pub struct Changes<'a> {
    waiting: &'a [ChangeStep],
    refused: Vec<RefusedChange>,
}

impl<'a> Changes<'a> {
    /// `steps` by rising time.
    pub fn new(steps: &'a [ChangeStep]) -> Changes<'a> {
        Changes {
            waiting: steps,
            refused: Vec::new(),
        }
    }

    /// What was refused, in the order of time.
    pub fn finish(self) -> Vec<RefusedChange> {
        self.refused
    }
}

impl<O: Observer> Act<O> for Changes<'_> {
    fn next_due(&self) -> Option<SimTime> {
        self.waiting.first().map(|step| step.at)
    }

    fn act(&mut self, now: SimTime, platform: &mut Platform, observer: &mut O) {
        let Some((step, later)) = self.waiting.split_first() else {
            return;
        };
        self.waiting = later;
        for change in &step.changes {
            let refused = change.make(now, platform, observer).err();
            self.refused.extend(refused.map(|(function, reason)| RefusedChange {
                at: now,
                function,
                reason,
            }));
        }
    }
}
