//! What waits in queues and how old it is when it is handled, in the steps of the timeline.

use crate::facts::{BatchEnded, Message, MessageStep, QueueId, StreamId};
use crate::units::{SimTime, Span};

/// Queues, or streams, beyond which none is watched: memory must not grow with them.
const WATCHED: usize = 1_000;
/// Sources that are drawn: so many for what waits, so many for its age.
const DRAWN: usize = 6;

/// A queue or a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceId {
    /// An SQS queue.
    Queue(QueueId),
    /// A stream or Kafka topic.
    Stream(StreamId),
}

/// A queue or stream in the steps of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSteps {
    /// Which one.
    pub source: SourceId,
    /// The most messages that waited at once; nothing for streams.
    pub waiting: Vec<u64>,
    /// The fewest that waited; nothing for streams.
    pub waiting_min: Vec<u64>,
    /// In ms: of queues the largest age of a message that was received, deleted, moved or lost, of streams the largest
    /// `IteratorAge`; `None` where there was none.
    pub age_ms: Vec<Option<f64>>,
}

/// One source as it goes on.
#[derive(Clone, Debug, Default)]
struct Course {
    waits: u64,
    most: u64,
    least: u64,
    oldest: Option<Span>,
    waiting: Vec<u64>,
    waiting_min: Vec<u64>,
    ages: Vec<Option<Span>>,
}

impl Course {
    fn handle(&mut self, age: Span) {
        self.oldest = self.oldest.max(Some(age));
    }

    fn end_step(&mut self) {
        self.waiting.push(std::mem::replace(&mut self.most, self.waits));
        self.waiting_min.push(std::mem::replace(&mut self.least, self.waits));
        self.ages.push(self.oldest.take());
    }
}

/// Collects them.
#[derive(Debug)]
pub(super) struct Backlog {
    queues: Vec<Course>,
    streams: Vec<Course>,
}

impl Backlog {
    /// For an account with so many queues and streams.
    pub fn new(queues: usize, streams: usize) -> Backlog {
        let courses = |count: usize| vec![Course::default(); if count <= WATCHED { count } else { 0 }];
        Backlog {
            queues: courses(queues),
            streams: courses(streams),
        }
    }

    /// A message takes a step.
    pub fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        let Some(course) = self.queues.get_mut(queue.index()) else {
            return;
        };
        match step {
            MessageStep::Sent | MessageStep::Returned => course.waits += 1,
            MessageStep::Received | MessageStep::DeadLettered | MessageStep::Expired => course.waits -= 1,
            MessageStep::Deleted | MessageStep::Rejected => {}
        }
        course.most = course.most.max(course.waits);
        course.least = course.least.min(course.waits);
        if !matches!(step, MessageStep::Sent | MessageStep::Rejected) {
            course.handle(time.since(message.sent));
        }
    }

    /// A batch of a stream has ended.
    pub fn batch_ended(&mut self, ended: &BatchEnded) {
        if let Some(course) = self.streams.get_mut(ended.stream.index()) {
            course.handle(ended.iterator_age());
        }
    }

    /// The running step is over.
    pub fn end_step(&mut self) {
        let courses = self.queues.iter_mut().chain(&mut self.streams);
        courses.for_each(Course::end_step);
    }

    /// The sources where the most waits, or is the oldest; queues first.
    pub fn finish(self) -> Vec<SourceSteps> {
        let queues = (0..).map(|number| SourceId::Queue(QueueId(number))).zip(self.queues);
        let streams = (0..).map(|number| SourceId::Stream(StreamId(number))).zip(self.streams);
        let all: Vec<SourceSteps> = queues.chain(streams).map(steps).collect();
        let longest = highest(&all, |source| source.waiting.iter().copied().max().unwrap_or(0));
        let oldest = highest(&all, |source| {
            let ages = source.age_ms.iter().flatten();
            ages.fold(0.0, |oldest: f64, age| oldest.max(*age)).to_bits()
        });
        let drawn = |place: &usize| longest.contains(place) || oldest.contains(place);
        let places = 0..all.len();
        let kept = places.zip(all).filter(|(place, _)| drawn(place));
        kept.map(|(_, source)| source).collect()
    }
}

fn steps((source, course): (SourceId, Course)) -> SourceSteps {
    let in_ms = |age: &Option<Span>| age.map(Span::as_millis_f64);
    let (waiting, waiting_min) = match source {
        SourceId::Queue(_) => (course.waiting, course.waiting_min),
        SourceId::Stream(_) => (Vec::new(), Vec::new()),
    };
    SourceSteps {
        source,
        waiting,
        waiting_min,
        age_ms: course.ages.iter().map(in_ms).collect(),
    }
}

/// Places of the sources that rise highest, of those that rise at all.
fn highest(all: &[SourceSteps], height: impl Fn(&SourceSteps) -> u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..all.len()).filter(|place| height(&all[*place]) > 0).collect();
    places.sort_by_key(|place| std::cmp::Reverse(height(&all[*place])));
    places.truncate(DRAWN);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LinkId;

    fn second(second: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(second)
    }

    #[test]
    fn each_step_knows_the_most_and_the_fewest_that_waited_and_the_oldest_that_was_handled() {
        use MessageStep::{Deleted, Received, Sent};
        let message = |sent: u64| Message {
            sent: second(sent),
            ordinal: 0,
            link: LinkId(0),
            receives: 0,
            hops: 0,
        };
        let mut backlog = Backlog::new(2, 0);
        let step = |backlog: &mut Backlog, now: u64, sent: u64, step| {
            backlog.message(second(now), QueueId(1), &message(sent), step);
        };
        step(&mut backlog, 0, 0, Sent);
        step(&mut backlog, 1, 1, Sent);
        backlog.end_step();
        step(&mut backlog, 10, 0, Received);
        step(&mut backlog, 12, 0, Deleted);
        backlog.end_step();
        backlog.end_step();
        let [busy] = &backlog.finish()[..] else {
            panic!("a queue to which nothing was sent is not drawn")
        };
        assert_eq!(busy.source, SourceId::Queue(QueueId(1)));
        assert_eq!(busy.waiting, [2, 2, 1]);
        assert_eq!(busy.waiting_min, [0, 1, 1]);
        assert_eq!(busy.age_ms, [None, Some(12_000.0), None]);
    }

    #[test]
    fn the_sources_with_the_most_waiting_are_drawn() {
        let mut backlog = Backlog::new(20, 0);
        for queue in 0..20 {
            for _ in 0..queue {
                let message = Message {
                    sent: SimTime::ZERO,
                    ordinal: 0,
                    link: LinkId(0),
                    receives: 0,
                    hops: 0,
                };
                backlog.message(SimTime::ZERO, QueueId(queue), &message, MessageStep::Sent);
            }
        }
        backlog.end_step();
        let drawn: Vec<u64> = backlog.finish().iter().map(|source| source.waiting[0]).collect();
        assert_eq!(drawn, [14, 15, 16, 17, 18, 19]);
    }
}
