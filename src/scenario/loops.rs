//! Loops: functions that are called by what they cause themselves (INV-8).

use std::sync::Arc;

use super::reader::Reader;
use crate::facts::{LinkId, Target};
use crate::lambda::{FlowConfig, FunctionConfig, LinkConfig, MappingConfig, MappingSource};
use crate::messaging::{QueueConfig, StreamConfig, TopicConfig};

/// Everything that sends or passes on. Its places are numbered: functions, then queues, then topics, then streams.
pub(super) struct Network<'a> {
    /// Functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// Queues, by name.
    pub queues: &'a [QueueConfig],
    /// Topics, by name.
    pub topics: &'a [TopicConfig],
    /// Streams and Kafka topics, by name.
    pub streams: &'a [StreamConfig],
    /// All links.
    pub links: &'a [LinkConfig],
    /// Who reads queues and streams.
    pub mappings: &'a [MappingConfig],
    /// All flows.
    pub flows: &'a [FlowConfig],
}

/// How far a search has come with a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Never,
    OnPath,
    Done,
}

impl Network<'_> {
    /// Warns of every loop, with what Lambda's guard makes of it.
    pub fn warn_of_loops(&self, reader: &Reader) {
        for circle in self.circles() {
            if circle.iter().any(|place| *place < self.functions.len()) {
                reader.warn(self.warning(&circle));
            }
        }
    }

    fn warning(&self, circle: &[usize]) -> String {
        let mut names: Vec<String> = circle.iter().map(|place| self.name(*place)).collect();
        names.extend(names.first().cloned());
        let guards = |place: &usize| {
            self.functions
                .get(*place)
                .is_some_and(|function| !function.recursion_allowed)
        };
        let through_stream = circle.iter().any(|place| *place >= self.first_stream());
        let effect = match circle.iter().any(guards) {
            true if through_stream => "records of streams do not count invocations, so nothing ends its chains",
            true => "Lambda ends each of its chains after 16 invocations",
            false => {
                "with `recursive_loop: Allow` nothing ends its chains, until concurrency is used up and events expire"
            }
        };
        format!("{} is a loop: {effect} (INV-8)", names.join(" → "))
    }

    fn name(&self, place: usize) -> String {
        let queue = place.wrapping_sub(self.functions.len());
        let topic = queue.wrapping_sub(self.queues.len());
        if let Some(function) = self.functions.get(place) {
            return function.name.clone();
        }
        match (self.queues.get(queue), self.topics.get(topic)) {
            (Some(queue), _) => format!("sqs:{}", queue.name),
            (None, Some(topic)) => format!("sns:{}", topic.name),
            (None, None) => {
                let stream = &self.streams[place - self.first_stream()];
                format!("{}:{}", stream.kind.name(), stream.name)
            }
        }
    }

    fn first_stream(&self) -> usize {
        self.functions.len() + self.queues.len() + self.topics.len()
    }

    /// One loop for each way back that a search in depth meets, each from its first place on.
    fn circles(&self) -> Vec<Vec<usize>> {
        let places = self.first_stream() + self.streams.len();
        let onward = self.onward(places);
        let mut visits = vec![Visit::Never; places];
        let mut circles = Vec::new();
        for start in 0..places {
            if visits[start] != Visit::Never {
                continue;
            }
            visits[start] = Visit::OnPath;
            let mut path = vec![(start, onward[start].iter())];
            while let Some((place, left)) = path.last_mut() {
                let Some(next) = left.next().copied() else {
                    visits[*place] = Visit::Done;
                    path.pop();
                    continue;
                };
                match visits[next] {
                    Visit::Never => {
                        visits[next] = Visit::OnPath;
                        path.push((next, onward[next].iter()));
                    }
                    Visit::OnPath => {
                        let whole = path.iter().map(|(place, _)| *place);
                        circles.push(whole.skip_while(|place| *place != next).collect());
                    }
                    Visit::Done => {}
                }
            }
        }
        circles
    }

    /// Where each place sends to.
    fn onward(&self, places: usize) -> Vec<Vec<usize>> {
        let mut onward = vec![Vec::new(); places];
        for (place, function) in self.functions.iter().enumerate() {
            let invoked = function.invokes.iter().map(|onward| onward.link);
            let dead = function.versions.iter().filter_map(|version| version.dead_letter);
            let told = function
                .qualifiers
                .iter()
                .flat_map(|qualifier| [qualifier.event_invoke.on_success, qualifier.event_invoke.on_failure]);
            let links = invoked.chain(dead).chain(told.flatten());
            onward[place].extend(links.filter_map(|link| self.target(link)));
        }
        let first_queue = self.functions.len();
        for (number, queue) in self.queues.iter().enumerate() {
            let redrive = queue.redrive.map(|(_, dead)| first_queue + dead.index());
            onward[first_queue + number].extend(redrive);
        }
        for mapping in self.mappings {
            let function = self.flows[mapping.flow.index()].function.index();
            match &mapping.source {
                MappingSource::Queue(source) => onward[first_queue + source.queue.index()].push(function),
                MappingSource::Stream(source) => {
                    let given_up = source.on_failure.and_then(|link| self.target(link));
                    let place = self.first_stream() + source.stream.index();
                    onward[place].extend([function].into_iter().chain(given_up));
                }
            }
        }
        let first_topic = first_queue + self.queues.len();
        for (number, topic) in self.topics.iter().enumerate() {
            let copies = topic.subscriptions.iter().filter_map(|copy| self.target(copy.link));
            onward[first_topic + number].extend(copies);
        }
        for targets in &mut onward {
            targets.sort_unstable();
            targets.dedup();
        }
        onward
    }

    fn target(&self, link: LinkId) -> Option<usize> {
        match self.links[link.index()].target {
            Target::Function(flow) => Some(self.flows[flow.index()].function.index()),
            Target::Queue(queue) => Some(self.functions.len() + queue.index()),
            Target::Topic(topic) => Some(self.functions.len() + self.queues.len() + topic.index()),
            Target::Stream(stream) => Some(self.first_stream() + stream.index()),
            Target::Elsewhere => None,
        }
    }
}
