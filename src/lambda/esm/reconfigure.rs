//! Changes of queues and event source mappings during a run.

use super::config::{MappingConfig, MappingSource};
use super::mapping::{Mapping, Pollers};
use super::timer::Timer;
use crate::facts::{MappingId, Observer, QueueId};
use crate::kernel::draws::Purpose;
use crate::lambda::platform::Platform;
use crate::messaging::QueueConfig;
use crate::units::{SimTime, Span};

impl Platform {
    /// Gives a mapping other numbers, once its activation time is over (ESM-8). Batches under way go on; what it reads, its
    /// function and the lanes of a stream stay.
    pub fn set_mapping(&mut self, now: SimTime, mapping: MappingId, config: &MappingConfig) {
        let draw = match &mut self.mappings[mapping.index()] {
            Mapping::Queue(pollers) => {
                pollers.polls += 1;
                pollers.key.draw(pollers.polls, 0, Purpose::Poll).second
            }
            Mapping::Stream(poller) => poller.activation_draw(),
        };
        let at = now.saturating_add(config.activation.sample(draw));
        match &mut self.mappings[mapping.index()] {
            Mapping::Queue(pollers) => pollers.pending.push(at, config.clone()),
            Mapping::Stream(poller) => poller.pending.push(at, config.clone()),
        }
        self.schedule_mapping(at, mapping, Timer::Activate, 0);
    }

    /// Changes for how long messages that a mapping receives from now on stay hidden (SQS-10). Those in flight come back when
    /// they would have.
    pub fn set_visibility(&mut self, mapping: MappingId, timeout: Span) {
        if let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] {
            pollers.config.visibility_timeout = timeout;
            pollers.pending.set_visibility(timeout);
        }
    }

    /// Changes how long a queue keeps messages, those that wait included (SQS-16), and its redrive policy (SQS-13).
    pub fn set_queue(&mut self, now: SimTime, queue: QueueId, config: &QueueConfig) {
        self.queues[queue.index()].set_config(config);
        let oldest = self.queues[queue.index()].oldest();
        self.watch_expiry(now, queue, oldest);
    }

    pub(super) fn activate<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let pollers = self.pollers(mapping);
        if let Some(config) = pollers.pending.due(now) {
            pollers.change(now, &config);
        }
        self.look(now, mapping, observer);
    }
}

impl Pollers {
    fn change(&mut self, now: SimTime, config: &MappingConfig) {
        let MappingSource::Queue(queue) = &config.source else {
            return;
        };
        self.scaling.set_config(now, queue.scaling);
        self.config = queue.clone();
        self.enabled = config.enabled;
        self.pass = config.pass;
        self.reports_failures = config.reports_failures;
    }
}
