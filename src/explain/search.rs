use super::address::Address;
use crate::facts::{
    AsyncStep, Call, Cause, Ended, FlowId, FunctionId, LinkId, Message, MessageStep, Observer, QueueId, Reason, Refusal,
};
use crate::simulation::{Pace, Plan, simulate};
use crate::units::{SimTime, Span};

/// Which invocation is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The first attempt that was throttled, for this reason and by this check if given.
    Throttle(Option<Reason>, Option<Cause>),
    /// The arrivals that took longest from arrival to final answer, so many.
    Slowest(usize),
    /// The first event or message that went to a dead-letter queue.
    DeadLetter,
}

/// What a search found: nothing, or addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These, in order.
    Some(Vec<Address>),
    /// The run has none.
    None,
    /// The run was stopped.
    Stopped,
}

/// Runs a plan and looks for what is wanted, of one function if given.
pub fn search(plan: &Plan, sought: Sought, function: Option<FunctionId>, pace: &mut dyn Pace) -> Found {
    let mut seeker = Seeker {
        sought,
        function,
        plan,
        found: Vec::new(),
        slowest: Vec::new(),
    };
    if simulate(plan, &mut (), Some(&mut seeker), pace).is_none() {
        return Found::Stopped;
    }
    let slowest = seeker
        .slowest
        .iter()
        .map(|(_, flow, ordinal)| Address::of_arrival(plan, *flow, *ordinal));
    let found: Vec<Address> = seeker.found.into_iter().chain(slowest).collect();
    if found.is_empty() {
        Found::None
    } else {
        Found::Some(found)
    }
}

struct Seeker<'a> {
    plan: &'a Plan,
    sought: Sought,
    function: Option<FunctionId>,
    found: Vec<Address>,
    /// The slowest so far, the slowest first; of equally slow ones the earlier first.
    slowest: Vec<(Span, FlowId, u64)>,
}

impl Seeker<'_> {
    fn concerns(&self, function: FunctionId) -> bool {
        self.function.is_none_or(|wanted| wanted == function)
    }

    fn find(&mut self, address: impl FnOnce(&Plan) -> Address) {
        if self.found.is_empty() {
            self.found.push(address(self.plan));
        }
    }

    fn find_message(&mut self, link: LinkId, ordinal: u64) {
        self.find(|plan| Address::of_message(plan, link, ordinal));
    }
}

impl Observer for Seeker<'_> {
    fn refused(&mut self, refusal: &Refusal) {
        let (Sought::Throttle(reason, cause), Some(throttle)) = (self.sought, refusal.throttle) else {
            return;
        };
        let fits = reason.is_none_or(|wanted| wanted == throttle.0) && cause.is_none_or(|wanted| wanted == throttle.1);
        if fits && self.concerns(refusal.function) {
            self.find(|plan| Address::of_arrival(plan, refusal.flow, refusal.ordinal));
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let Sought::Slowest(wanted) = self.sought else { return };
        let taken = ended.time.since(ended.call.arrived);
        let is_full = self.slowest.len() >= wanted;
        let is_slow = self.slowest.last().is_none_or(|(last, ..)| !is_full || taken > *last);
        if is_slow && self.concerns(ended.call.function) {
            let place = self.slowest.partition_point(|(known, ..)| *known >= taken);
            self.slowest.insert(place, (taken, ended.call.flow, ended.call.ordinal));
            self.slowest.truncate(wanted);
        }
    }

    fn asynchronous(&mut self, _time: SimTime, call: &Call, step: AsyncStep) {
        if self.sought == Sought::DeadLetter && step == AsyncStep::DeadLettered && self.concerns(call.function) {
            self.find(|plan| Address::of_arrival(plan, call.flow, call.ordinal));
        }
    }

    fn message(&mut self, _time: SimTime, _queue: QueueId, message: &Message, step: MessageStep) {
        if self.sought == Sought::DeadLetter && step == MessageStep::DeadLettered && self.function.is_none() {
            self.find_message(message.link, message.ordinal);
        }
    }
}
