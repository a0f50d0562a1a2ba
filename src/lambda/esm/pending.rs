use super::config::{MappingConfig, MappingSource};
use crate::units::{SimTime, Span};

/// Changes of a mapping that are on their way, in the order in which they were asked for (ESM-8).
#[derive(Clone, Debug, Default)]
pub(super) struct PendingChanges(Vec<(SimTime, MappingConfig)>);

impl PendingChanges {
    /// A change that takes effect at `at`.
    pub fn push(&mut self, at: SimTime, config: MappingConfig) {
        self.0.push((at, config));
    }

    /// What is in force from now on: of the changes whose time has come the one asked for last.
    pub fn due(&mut self, now: SimTime) -> Option<MappingConfig> {
        let last = self.0.iter().rposition(|(at, _)| *at <= now)?;
        self.0.drain(..=last).next_back().map(|(_, config)| config)
    }

    /// Changes on their way bring this visibility timeout along (SQS-10).
    pub fn set_visibility(&mut self, timeout: Span) {
        for (_, config) in &mut self.0 {
            if let MappingSource::Queue(queue) = &mut config.source {
                queue.visibility_timeout = timeout;
            }
        }
    }
}
