//! What both tell: everything that happened, in the order in which it happened.

use std::collections::{BTreeMap, BTreeSet};

use lambdasim::facts::{
    AsyncStep, Attempt, Call, Cause, Ended, Ending, MappingId, Message, MessageStep, Observer, QueueId, Reason,
    RecordStep, Refusal, StartKind, StreamId, Verdict,
};
use lambdasim::units::SimTime;

/// What became of an attempt. Times are microseconds, parts of the account their numbers in the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    /// An attempt was admitted.
    Ran {
        flow: u32,
        ordinal: u64,
        attempt: u32,
        function: u32,
        version: u16,
        start: StartKind,
        spilled: bool,
        /// Environments of a function, numbered as they first serve.
        environment: usize,
        placement: u64,
        init: u64,
        duration: u64,
        end: u64,
        answered: u64,
        verdict: Verdict,
    },
    /// An attempt was refused.
    Refused {
        flow: u32,
        ordinal: u64,
        attempt: u32,
        function: u32,
        throttle: Option<(Reason, Cause)>,
    },
}

/// A step in the life of an event or a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// An event took a step.
    Event { flow: u32, ordinal: u64, step: AsyncStep },
    /// A message of a queue took a step.
    Message {
        queue: u32,
        link: u32,
        ordinal: u64,
        receives: u16,
        step: MessageStep,
    },
    /// A record of a stream took a step for one of its readers.
    Record {
        stream: u32,
        mapping: u32,
        link: u32,
        ordinal: u64,
        step: RecordStep,
    },
}

impl Step {
    /// Whose step it is.
    fn of(&self) -> (u8, u32, u32, u64) {
        match *self {
            Step::Event { flow, ordinal, .. } => (0, flow, 0, ordinal),
            Step::Message {
                queue, link, ordinal, ..
            } => (1, queue, link, ordinal),
            Step::Record {
                mapping, link, ordinal, ..
            } => (2, mapping, link, ordinal),
        }
    }
}

/// The final answer to an arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub time: u64,
    pub flow: u32,
    pub ordinal: u64,
    pub ending: Ending,
    pub start: StartKind,
}

/// Everything that happened in a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// Attempts by time, in order.
    pub attempts: Vec<(u64, Tried)>,
    /// Steps of events and messages by time.
    pub steps: Vec<(u64, Step)>,
    /// Final answers, which may be told ahead of their time: by time, then by arrival.
    pub answers: Vec<Answer>,
    names: BTreeMap<u32, BTreeMap<u64, usize>>,
}

impl Story {
    /// The number of an environment among those of its function that have served.
    pub fn environment(&mut self, function: u32, own: u64) -> usize {
        let names = self.names.entry(function).or_default();
        let next = names.len();
        *names.entry(own).or_insert(next)
    }

    /// What kinds of things happened.
    pub fn kinds(&self) -> BTreeSet<String> {
        let attempt = |(_, tried): &(u64, Tried)| match tried {
            Tried::Ran {
                start,
                spilled,
                verdict,
                ..
            } => format!("{start:?} {verdict:?}{}", if *spilled { " spilled" } else { "" }),
            Tried::Refused { throttle, .. } => format!("{throttle:?}"),
        };
        let step = |(_, step): &(u64, Step)| match step {
            Step::Event { step, .. } => format!("{step:?}"),
            Step::Message { step, .. } => format!("message {step:?}"),
            Step::Record { step, .. } => format!("record {step:?}"),
        };
        let answer = |answer: &Answer| format!("answer {:?} {:?}", answer.ending, answer.start);
        let kinds = self.attempts.iter().map(attempt).chain(self.steps.iter().map(step));
        kinds.chain(self.answers.iter().map(answer)).collect()
    }

    pub fn tried(&mut self, time: u64, tried: Tried) {
        self.attempts.push((time, tried));
    }

    pub fn step(&mut self, time: u64, step: Step) {
        self.steps.push((time, step));
    }

    /// Attempts in the order in which they were made. Steps of events and messages of one instant stand by what they belong to:
    /// the rules do not say whose comes first, and where it matters attempts tell.
    pub fn finish(mut self) -> Story {
        self.steps.sort_by_key(|(time, step)| (*time, step.of()));
        self.answers
            .sort_by_key(|answer| (answer.time, answer.flow, answer.ordinal));
        self.names.clear();
        self
    }

    /// The first place where two stories differ, with what led to it.
    pub fn difference(&self, other: &Story) -> Option<String> {
        let found = [
            first_difference("attempt", &self.attempts, &other.attempts),
            first_difference("step", &self.steps, &other.steps),
            first_difference("answer", &self.answers, &other.answers),
        ];
        let found: Vec<String> = found.into_iter().flatten().collect();
        (!found.is_empty()).then(|| found.concat())
    }
}

fn first_difference<T: PartialEq + std::fmt::Debug>(what: &str, ours: &[T], theirs: &[T]) -> Option<String> {
    let at = (0..ours.len().max(theirs.len())).find(|index| ours.get(*index) != theirs.get(*index))?;
    let mut text = format!("{what} {at} differs\n");
    for before in &ours[at.saturating_sub(12).min(ours.len())..at.min(ours.len())] {
        text += &format!("  both       {before:?}\n");
    }
    text += &format!("  reference  {:?}\n", ours.get(at));
    text += &format!("  simulator  {:?}\n", theirs.get(at));
    Some(text)
}

/// Steps that the rules name; others only say how the next attempt came about.
pub fn is_named(step: AsyncStep) -> bool {
    !matches!(
        step,
        AsyncStep::Attempted | AsyncStep::RetriedAfterThrottle | AsyncStep::RetriedAfterError
    )
}

impl Observer for Story {
    fn ran(&mut self, attempt: &Attempt) {
        let environment = self.environment(attempt.function.0, attempt.environment);
        let tried = Tried::Ran {
            flow: attempt.flow.0,
            ordinal: attempt.ordinal,
            attempt: attempt.attempt,
            function: attempt.function.0,
            version: attempt.version.0,
            start: attempt.start_kind,
            spilled: attempt.spilled,
            environment,
            placement: attempt.placement.as_micros(),
            init: attempt.init.as_micros(),
            duration: attempt.duration.as_micros(),
            end: attempt.end.as_micros(),
            answered: attempt.answered.as_micros(),
            verdict: attempt.verdict,
        };
        self.tried(attempt.start.as_micros(), tried);
    }

    fn refused(&mut self, refusal: &Refusal) {
        let tried = Tried::Refused {
            flow: refusal.flow.0,
            ordinal: refusal.ordinal,
            attempt: refusal.attempt,
            function: refusal.function.0,
            throttle: refusal.throttle,
        };
        self.tried(refusal.time.as_micros(), tried);
    }

    fn ended(&mut self, ended: &Ended) {
        self.answers.push(Answer {
            time: ended.time.as_micros(),
            flow: ended.call.flow.0,
            ordinal: ended.call.ordinal,
            ending: ended.ending,
            start: ended.start_kind,
        });
    }

    fn asynchronous(&mut self, time: SimTime, call: &Call, step: AsyncStep) {
        if is_named(step) {
            let (flow, ordinal) = (call.flow.0, call.ordinal);
            self.step(time.as_micros(), Step::Event { flow, ordinal, step });
        }
    }

    fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        let step = Step::Message {
            queue: queue.0,
            link: message.link.0,
            ordinal: message.ordinal,
            receives: message.receives,
            step,
        };
        self.step(time.as_micros(), step);
    }

    fn records(
        &mut self,
        time: SimTime,
        stream: StreamId,
        mapping: Option<MappingId>,
        records: &[Message],
        step: RecordStep,
    ) {
        let Some(mapping) = mapping else { return };
        for record in records {
            let step = Step::Record {
                stream: stream.0,
                mapping: mapping.0,
                link: record.link.0,
                ordinal: record.ordinal,
                step,
            };
            self.step(time.as_micros(), step);
        }
    }
}
