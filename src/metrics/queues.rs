use super::gauge::Gauge;
use super::histogram::Histogram;
use super::sink::{Datapoint, Sink};
use super::summary::QueueSummary;
use crate::facts::{Message, MessageStep, QueueId};
use crate::units::SimTime;

/// One queue over the run.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueState {
    /// Messages that count, and extremes of all from the end of the warm-up on.
    summary: QueueSummary,
    /// Ages of messages that count and were not done at their first receive.
    late: Option<Box<Histogram>>,
    /// All messages that wait, and that are in flight, those from before the warm-up included.
    visible: Gauge,
    hidden: u64,
    period: Period,
}

/// What happened in the running period of datapoints.
#[derive(Clone, Copy, Debug, Default)]
struct Period {
    sent: u64,
    received: u64,
    deleted: u64,
    hidden_max: u64,
    /// Greatest age at which a message took a step, in milliseconds.
    age_max: f64,
}

impl QueueState {
    /// A message takes a step. `counts`: it was sent after the warm-up; `started`: so much time has passed.
    pub fn step(&mut self, time: SimTime, message: &Message, step: MessageStep, counts: bool, started: bool) {
        self.follow(time, step);
        let age = time.since(message.sent);
        self.period.age_max = self.period.age_max.max(age.as_millis_f64());
        if counts {
            self.summary.count(step);
        }
        match step {
            MessageStep::Deleted if counts && message.receives <= 1 => self.summary.at_once += 1,
            MessageStep::Deleted if counts => {
                self.late.get_or_insert_with(Box::default).record(age.as_micros());
            }
            _ => {}
        }
        let over = matches!(
            step,
            MessageStep::Deleted | MessageStep::DeadLettered | MessageStep::Expired
        );
        if over && started {
            self.grew_old(time, message.sent);
        }
    }

    /// What waits and what is in flight.
    fn follow(&mut self, time: SimTime, step: MessageStep) {
        match step {
            MessageStep::Sent => {
                self.visible.step(time, true);
                self.period.sent += 1;
            }
            MessageStep::Received => {
                self.visible.step(time, false);
                self.hidden += 1;
                self.period.received += 1;
            }
            MessageStep::Returned => {
                self.hidden -= 1;
                self.visible.step(time, true);
            }
            MessageStep::Deleted => {
                self.hidden -= 1;
                self.period.deleted += 1;
            }
            MessageStep::DeadLettered | MessageStep::Expired => self.visible.step(time, false),
            MessageStep::Rejected => {}
        }
        self.period.hidden_max = self.period.hidden_max.max(self.hidden);
    }

    /// The warm-up is over.
    pub fn open(&mut self, from: SimTime) {
        self.visible.open(from);
    }

    /// The traffic, which began to count at `from`, is over.
    pub fn close(&mut self, from: SimTime, to: SimTime) {
        self.summary.depth_mean = self.visible.close(from, to).mean;
    }

    /// A message that was sent then is still there, or was until now.
    pub fn grew_old(&mut self, time: SimTime, sent: SimTime) {
        let age = time.since(sent).as_millis_f64();
        self.summary.age_max = self.summary.age_max.max(age);
    }

    /// Hands out the datapoints of a period that began at `time`, by CloudWatch's names; begins the next one.
    pub fn end_period(&mut self, queue: QueueId, time: SimTime, sink: &mut dyn Sink) {
        let next = Period {
            hidden_max: self.hidden,
            ..Period::default()
        };
        let period = std::mem::replace(&mut self.period, next);
        let visible_max = self.visible.period_max();
        self.visible.begin_period();
        let values = [
            ("NumberOfMessagesSent", "Sum", period.sent as f64),
            ("NumberOfMessagesReceived", "Sum", period.received as f64),
            ("NumberOfMessagesDeleted", "Sum", period.deleted as f64),
            ("ApproximateNumberOfMessagesVisible", "Maximum", visible_max as f64),
            (
                "ApproximateNumberOfMessagesNotVisible",
                "Maximum",
                period.hidden_max as f64,
            ),
            ("ApproximateAgeOfOldestMessage", "Maximum", period.age_max / 1e3),
        ];
        for (metric, statistic, value) in values.into_iter().filter(|(_, _, value)| *value > 0.0) {
            sink.datapoint(&Datapoint {
                time,
                function: None,
                qualifier: None,
                queue: Some(queue),
                mapping: None,
                metric,
                statistic,
                value,
            });
        }
    }

    pub fn finish(&self) -> QueueSummary {
        QueueSummary {
            depth_max: self.visible.window_max(),
            late: self.late.as_ref().map(|late| late.summary()).unwrap_or_default(),
            ..self.summary
        }
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
            MessageStep::Rejected => self.rejected += 1,
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
        let window = (SimTime::ZERO, SimTime::ZERO + Span::from_secs(10));
        state.close(window.0, window.1);
        let end = state.finish();
        assert_eq!((end.receives, end.depth_max, end.age_max), (2, 3, 9_000.0));
        // From the first second on 1, 2, 3, 2, 3, 2, 2 and 1 waited for a second each.
        assert_eq!(end.depth_mean, 1.6);
    }
}
