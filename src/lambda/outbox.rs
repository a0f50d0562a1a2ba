use std::collections::VecDeque;

use super::config::LinkConfig;
use super::task::Task;
use crate::facts::{LinkId, MappingId, Message, Verdict};
use crate::units::SimTime;

/// What a step of a cell leaves to be done elsewhere. The driver does it at the same instant, in this order, once the step
/// is over: cells never touch each other.
pub(super) type Outbox = VecDeque<Outgoing>;

/// Something to be done elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outgoing {
    /// Something is sent over a link, after so many invocations in its chain (INV-8).
    Send { link: LinkId, hops: u8 },
    /// The invocation of a mapping's batch is over.
    Polled {
        mapping: MappingId,
        number: u64,
        verdict: Verdict,
    },
}

impl Outgoing {
    /// What follows from an invocation for `task`.
    pub fn after(task: &Task, link: LinkId) -> Outgoing {
        Outgoing::Send {
            link,
            hops: task.hops.saturating_add(1),
        }
    }
}

/// A link at work: its configuration and how much has gone over it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub config: LinkConfig,
    sent: u64,
}

impl Link {
    pub fn new(config: &LinkConfig) -> Link {
        Link {
            config: config.clone(),
            sent: 0,
        }
    }

    /// The next message over it.
    pub fn message(&mut self, now: SimTime, link: LinkId, hops: u8) -> Message {
        let ordinal = self.sent;
        self.sent += 1;
        Message {
            sent: now,
            ordinal,
            link,
            receives: 0,
            hops: if self.config.keeps_chain { hops } else { 0 },
        }
    }
}
