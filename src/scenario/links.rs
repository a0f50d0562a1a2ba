//! Ways of what is sent: found while functions, topics and traffic are read, led to their targets once everything is known.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::address::Address;
use super::streams;
use crate::facts::{
    FlowId, FunctionId, InvocationType, LinkId, QualifierId, QueueId, StreamId, Target, TopicId, TrafficId,
};
use crate::kernel::SizeDistribution;
use crate::kernel::draws::StreamKey;
use crate::lambda::{FlowConfig, FunctionConfig, LinkConfig, PushConfig, Sender, Through, TrafficConfig};
use crate::messaging::{StreamConfig, TopicConfig};

/// All links of a scenario, in every state that it goes through: what has been found once keeps its number.
pub(super) struct Links {
    seed: u64,
    list: RefCell<Vec<Found>>,
    /// Places in the list by sender and address, without those of traffic.
    places: RefCell<BTreeMap<String, LinkId>>,
    /// Places in the list by traffic entry.
    of_traffic: RefCell<BTreeMap<String, Vec<LinkId>>>,
    /// Functions that each traffic entry asks for, as addresses.
    targets: RefCell<BTreeMap<String, Vec<String>>>,
}

/// A link whose address has been checked, but not yet led to its target.
#[derive(Clone)]
struct Found {
    name: String,
    address: String,
    key: StreamKey,
    payload: Option<SizeDistribution>,
    push: Option<PushConfig>,
}

/// What links lead to.
pub(super) struct Targets<'a> {
    /// Sorted by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// Names, sorted.
    pub queues: &'a [String],
    /// Sorted by name.
    pub streams: &'a [StreamConfig],
    /// Sorted by name.
    pub topics: &'a [TopicConfig],
}

impl Links {
    pub fn new(seed: u64) -> Links {
        Links {
            seed,
            list: RefCell::default(),
            places: RefCell::default(),
            of_traffic: RefCell::default(),
            targets: RefCell::default(),
        }
    }

    /// How many ways have been found.
    pub fn len(&self) -> usize {
        self.list.borrow().len() + self.targets.borrow().values().map(Vec::len).sum::<usize>()
    }

    /// Addresses of the functions that a traffic entry asks for in any state, in the order in which they were found, and
    /// the place of `address` among them, which is the one of this state.
    pub fn targets(&self, entry: &str, address: Option<&str>) -> (Vec<String>, Option<usize>) {
        let mut all = self.targets.borrow_mut();
        let known = all.entry(entry.to_owned()).or_default();
        if let Some(new) = address.filter(|address| !known.iter().any(|known| known == address)) {
            known.push(new.to_owned());
        }
        let place = known.iter().position(|known| Some(known.as_str()) == address);
        (known.clone(), place)
    }

    /// The link of `sender` (such as `checkout on_failure`) to an address that is known to be right; the same one for the
    /// same pair.
    pub fn add(&self, sender: &str, address: &str) -> LinkId {
        let pair = format!("{sender} {address}");
        if let Some(known) = self.places.borrow().get(&pair) {
            return *known;
        }
        let mut list = self.list.borrow_mut();
        let link = LinkId(list.len() as u32);
        list.push(Found {
            name: sender.to_owned(),
            address: address.to_owned(),
            key: StreamKey::derive(self.seed, 0, "link", &pair),
            payload: None,
            push: None,
        });
        self.places.borrow_mut().insert(pair, link);
        link
    }

    /// The link of a traffic entry: its draws are those of the entry, what is sent has the size of its payload. Another
    /// address, or another payload, is another link: what has been sent keeps its size.
    pub fn add_traffic(&self, entry: &TrafficConfig, address: &str, key: StreamKey) -> LinkId {
        let mut list = self.list.borrow_mut();
        let mut all = self.of_traffic.borrow_mut();
        let known = all.entry(entry.name.clone()).or_default();
        let payload = entry.transfer.as_ref().map(|transfer| transfer.payload.clone());
        let push = match &entry.through {
            Some(Through::Push(push)) => Some(push.clone()),
            _ => None,
        };
        let same = |link: &&LinkId| list[link.index()].address == address && list[link.index()].payload == payload;
        if let Some(link) = known.iter().find(same).copied() {
            list[link.index()].push = push;
            return link;
        }
        let link = LinkId(list.len() as u32);
        list.push(Found {
            name: entry.name.clone(),
            address: address.to_owned(),
            key: match known.len() {
                0 => key,
                others => StreamKey::derive(self.seed, 0, "link", &format!("{} {others}", entry.name)),
            },
            payload,
            push,
        });
        known.push(link);
        link
    }

    /// Draws of what concerns a link but is decided by its sender.
    pub fn key(&self, name: &str) -> StreamKey {
        StreamKey::derive(self.seed, 0, "onward", name)
    }

    /// Names of all queues that something is sent to.
    pub fn queues(&self) -> BTreeSet<String> {
        let list = self.list.borrow();
        let name = |link: &Found| link.address.strip_prefix("sqs:").map(str::to_owned);
        list.iter().filter_map(name).collect()
    }

    /// Leads every link to its target; links to functions become senders with a flow.
    pub fn finish(
        &self,
        targets: &Targets<'_>,
        traffic: &mut Vec<TrafficConfig>,
        flows: &mut Vec<FlowConfig>,
    ) -> Vec<LinkConfig> {
        let list = self.list.borrow().clone();
        let lead = |found: Found| {
            let (target, keeps_chain) = match Address::parse(&found.address) {
                Ok(Address::Function { name, qualifier }) => {
                    let flow = FlowId(flows.len() as u32);
                    flows.push(FlowConfig {
                        traffic: TrafficId(traffic.len() as u32),
                        ..flow_to(targets.functions, name, qualifier, found.key)
                    });
                    let name = format!("{} {}", found.name, found.address);
                    traffic.push(TrafficConfig::of_account(&name, Sender::Link));
                    (Target::Function(flow), true)
                }
                Ok(Address::Service { service, name }) => (
                    service_target(targets, service, name),
                    matches!(service, "sqs" | "sns" | "s3"),
                ),
                Err(_) => (Target::Elsewhere, false),
            };
            LinkConfig {
                name: found.name,
                address: found.address,
                target,
                key: found.key,
                payload: found.payload,
                push: found.push,
                keeps_chain,
            }
        };
        list.into_iter().map(lead).collect()
    }
}

fn service_target(targets: &Targets<'_>, service: &str, name: &str) -> Target {
    let queue = || targets.queues.binary_search_by(|queue| queue.as_str().cmp(name)).ok();
    let topic = || {
        targets
            .topics
            .binary_search_by(|topic| topic.name.as_str().cmp(name))
            .ok()
    };
    let found = match service {
        "sqs" => queue().map(|index| Target::Queue(QueueId(index as u32))),
        "sns" => topic().map(|index| Target::Topic(TopicId(index as u32))),
        _ => {
            let stream = streams::find(targets.streams, service, name).ok();
            stream.map(|index| Target::Stream(StreamId(index as u32)))
        }
    };
    found.unwrap_or(Target::Elsewhere)
}

/// The place of a function and of its qualifier; `None` where one does not exist.
pub(super) fn place(
    functions: &[Arc<FunctionConfig>],
    name: &str,
    qualifier: Option<&str>,
) -> Option<(FunctionId, QualifierId)> {
    let position = functions
        .binary_search_by(|function| function.name.as_str().cmp(name))
        .ok()?;
    let qualifier = qualifier.filter(|qualifier| *qualifier != "$LATEST");
    let qualifiers = &functions[position].qualifiers;
    let index = qualifiers.iter().position(|known| known.name.as_deref() == qualifier)?;
    Some((FunctionId(position as u32), QualifierId(index as u16)))
}

fn flow_to(functions: &[Arc<FunctionConfig>], name: &str, qualifier: Option<&str>, key: StreamKey) -> FlowConfig {
    let (function, qualifier) = place(functions, name, qualifier).unwrap_or_default();
    FlowConfig {
        traffic: TrafficId(0),
        function,
        qualifier,
        invocation_type: InvocationType::Event,
        sized: false,
        mapping: None,
        through: false,
        key,
    }
}
