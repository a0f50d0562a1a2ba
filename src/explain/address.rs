use crate::facts::{FlowId, LinkId};
use crate::lambda::Sender;
use crate::scenario::nearest;
use crate::simulation::Plan;

/// Which arrival or message somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its sender, as in the scenario.
    pub sender: String,
    /// Which of the sender's, from 0.
    pub ordinal: u64,
    /// Flows in which it may come.
    pub(super) flows: Vec<FlowId>,
    /// Links over which it may go.
    pub(super) links: Vec<LinkId>,
}

/// Why an address names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has another form.
    #[error("\"{0}\" names no invocation; write it as TRAFFIC/ORDINAL, such as {1}: ordinals count from 0")]
    Form(String, String),
    /// There is no such sender.
    #[error("the scenario has no traffic \"{name}\";{hint} it has {known}")]
    Sender {
        /// What was asked for.
        name: String,
        /// What was probably meant.
        hint: String,
        /// All that there are, the first of them.
        known: String,
    },
    /// The sender invokes several functions, each with a count of its own.
    #[error("{sender} invokes {functions} functions, each counted by itself; write it as {sender}/FUNCTION/{ordinal}")]
    Several {
        /// The sender.
        sender: String,
        /// How many functions.
        functions: usize,
        /// What was asked for.
        ordinal: u64,
    },
}

/// Most names that a message lists.
const MOST_NAMES: usize = 12;

impl Address {
    /// What `TRAFFIC/ORDINAL` stands for; `TRAFFIC/FUNCTION/ORDINAL` where a sender counts its functions apart.
    ///
    /// # Errors
    /// Where the text has another form, or there is no such sender.
    pub fn parse(plan: &Plan, text: &str) -> Result<Address, AddressError> {
        let example = || format!("{}/0", senders(plan).first().map_or("shoppers", String::as_str));
        let malformed = || AddressError::Form(text.to_owned(), example());
        let (name, number) = text.rsplit_once('/').ok_or_else(malformed)?;
        let ordinal = number.replace([',', '_'], "").parse().map_err(|_| malformed())?;
        let found = Address::of(plan, name, None, ordinal);
        if !found.is_empty() {
            return found.unambiguous(plan);
        }
        let of_function = name
            .rsplit_once('/')
            .map(|(name, function)| Address::of(plan, name, Some(function), ordinal));
        match of_function.filter(|address| !address.is_empty()) {
            Some(address) => Ok(address),
            None => Err(unknown(plan, name)),
        }
    }

    /// What no arrival is.
    pub(super) fn nobody() -> Address {
        Address {
            sender: String::new(),
            ordinal: 0,
            flows: Vec::new(),
            links: Vec::new(),
        }
    }

    /// A message by its link.
    pub(super) fn of_message(plan: &Plan, link: LinkId, ordinal: u64) -> Address {
        Address {
            sender: link_name(plan, link),
            ordinal,
            flows: Vec::new(),
            links: vec![link],
        }
    }

    /// An arrival by its flow.
    pub(super) fn of_arrival(plan: &Plan, flow: FlowId, ordinal: u64) -> Address {
        let traffic = plan.flows[flow.index()].traffic;
        Address {
            sender: plan.traffic[traffic.index()].name.clone(),
            ordinal,
            flows: vec![flow],
            links: Vec::new(),
        }
    }

    fn of(plan: &Plan, name: &str, function: Option<&str>, ordinal: u64) -> Address {
        let flows = (0..).map(FlowId).zip(&plan.flows).filter(|(_, flow)| {
            let called = function.is_none_or(|function| plan.functions[flow.function.index()].name == function);
            called && plan.traffic[flow.traffic.index()].name == name
        });
        let links = (0..plan.links.len() as u32).map(LinkId).filter(|link| {
            let of_entry =
                function.is_none() && plan.entries().any(|entry| entry.name == plan.links[link.index()].name);
            let plain = of_entry && plan.links[link.index()].name == name;
            plain || function.is_none() && link_name(plan, *link) == name
        });
        Address {
            sender: name.to_owned(),
            ordinal,
            flows: flows.map(|(flow, _)| flow).collect(),
            links: links.collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.flows.is_empty() && self.links.is_empty()
    }

    /// Sources that count by themselves need a function in the address.
    fn unambiguous(self, plan: &Plan) -> Result<Address, AddressError> {
        let counted = plan.sources.iter().filter(|source| self.flows.contains(&source.flow));
        match counted.count() {
            0 | 1 => Ok(self),
            functions => Err(AddressError::Several {
                sender: self.sender,
                functions,
                ordinal: self.ordinal,
            }),
        }
    }
}

/// What a link is called that is no traffic entry's own.
fn link_name(plan: &Plan, link: LinkId) -> String {
    let config = &plan.links[link.index()];
    if plan.entries().any(|entry| entry.name == config.name) {
        config.name.clone()
    } else {
        format!("{} {}", config.name, config.address)
    }
}

/// Whoever sends something, traffic entries first, then mappings and what the account sends on.
fn senders(plan: &Plan) -> Vec<String> {
    let kinds = [Sender::Traffic, Sender::Mapping, Sender::Link];
    let of_kind = |kind| plan.traffic.iter().filter(move |sender| sender.sender == kind);
    let mut names: Vec<String> = kinds
        .into_iter()
        .flat_map(of_kind)
        .map(|sender| sender.name.clone())
        .collect();
    let links = (0..plan.links.len() as u32).map(|link| link_name(plan, LinkId(link)));
    for name in links {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn unknown(plan: &Plan, name: &str) -> AddressError {
    let names = senders(plan);
    let hint = nearest(name, names.iter().map(String::as_str));
    let more = match names.len().saturating_sub(MOST_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    AddressError::Sender {
        name: name.to_owned(),
        hint: hint.map_or_else(String::new, |hint| format!(" did you mean {hint}?")),
        known: names[..names.len().min(MOST_NAMES)].join(", ") + &more,
    }
}
