use super::summary::QueueSummary;
use crate::facts::{Message, MessageStep};
use crate::units::SimTime;

/// One queue over the run.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueState {
    /// Messages that count, and extremes of all from the end of the warm-up on.
    pub summary: QueueSummary,
    /// All messages that wait, those from before the warm-up included.
    depth: u64,
}

impl QueueState {
    /// A message takes a step. `counts`: it was sent after the warm-up; `started`: so much time has passed.
    pub fn step(&mut self, time: SimTime, message: &Message, step: MessageStep, counts: bool, started: bool) {
        match step {
            MessageStep::Sent | MessageStep::Returned => self.depth += 1,
            MessageStep::Received | MessageStep::DeadLettered | MessageStep::Expired => self.depth -= 1,
            MessageStep::Deleted => {}
        }
        if started {
            self.summary.depth_max = self.summary.depth_max.max(self.depth);
        }
        if counts {
            self.summary.count(step);
        }
        let over = matches!(
            step,
            MessageStep::Deleted | MessageStep::DeadLettered | MessageStep::Expired
        );
        if over && started {
            self.grew_old(time, message.sent);
        }
    }

    /// The warm-up is over.
    pub fn open(&mut self) {
        self.summary.depth_max = self.depth;
    }

    /// A message that was sent then is still there, or was until now.
    pub fn grew_old(&mut self, time: SimTime, sent: SimTime) {
        let age = time.since(sent).as_millis_f64();
        self.summary.age_max = self.summary.age_max.max(age);
    }
}

impl QueueSummary {
    fn count(&mut self, step: MessageStep) {
        match step {
            MessageStep::Sent => {
                self.sent += 1;
                self.waiting += 1;
            }
            MessageStep::Received => {
                self.receives += 1;
                self.waiting -= 1;
                self.in_flight += 1;
            }
            MessageStep::Deleted => {
                self.in_flight -= 1;
                self.processed += 1;
            }
            MessageStep::Returned => {
                self.in_flight -= 1;
                self.waiting += 1;
            }
            MessageStep::DeadLettered => {
                self.waiting -= 1;
                self.dead_lettered += 1;
            }
            MessageStep::Expired => {
                self.waiting -= 1;
                self.expired += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LinkId;
    use crate::units::Span;

    #[test]
    fn at_every_step_what_was_sent_is_done_lost_waiting_or_in_flight() {
        use MessageStep::{DeadLettered, Deleted, Expired, Received, Returned, Sent};
        let message = Message {
            sent: SimTime::ZERO,
            ordinal: 0,
            link: LinkId(0),
            receives: 0,
            hops: 0,
        };
        let mut state = QueueState::default();
        let steps = [
            Sent,
            Sent,
            Sent,
            Received,
            Returned,
            Received,
            Deleted,
            DeadLettered,
            Expired,
        ];
        for (second, step) in (1..).zip(steps) {
            state.step(SimTime::ZERO + Span::from_secs(second), &message, step, true, true);
            let now = &state.summary;
            let ended = now.processed + now.dead_lettered + now.expired;
            assert_eq!(now.sent, ended + now.waiting + now.in_flight);
        }
        let end = state.summary;
        assert_eq!((end.receives, end.depth_max, end.age_max), (2, 3, 9_000.0));
    }
}
