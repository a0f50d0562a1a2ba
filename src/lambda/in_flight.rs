//! What runs and will end plainly: nothing follows from its end but that an environment and a slot are free again. So nobody
//! has to act at that instant: it is enough to catch up with what has ended before anything else happens. One function of an
//! account may do so, where only one is called plainly; with several, a calendar for each and another one for the account's
//! slots have cost more than the agenda that they spared. Listeners hear of slots given back as sums, up to each of their cuts
//! ([`Observer::takes_sums`]); those that want to hear of each in its turn make all ends events of the agenda again, and a
//! test holds one against the other.

use super::config::FlowConfig;
use super::ends::{AccountInFlight, InFlight};
use super::environment::{IdleEntry, IdlePool};
use super::environments::Environments;
use super::function::{Context, Event, Function};
use super::ledger::Ledger;
use super::plain_flow::PlainFlow;
use super::platform::Platform;
use super::stored::Stored;
use crate::facts::{
    Arrival, FlowId, FunctionId, GivenBack, InvocationType, Observer, Pool, QualifierId, StartKind, TrafficId,
    VersionId,
};
use crate::kernel::{Calendar, Class, Key, Moment};
use crate::units::SimTime;

/// After ends had to become events again, so many arrivals per end go by before the next try.
const PATIENCE: u64 = 4;

/// Places of senders, of so many, that call several functions.
pub(crate) fn shared_senders(senders: usize, flows: &[FlowConfig]) -> impl Iterator<Item = usize> {
    let mut called: Vec<Option<FunctionId>> = vec![None; senders];
    flows.iter().filter_map(move |flow| {
        let place = flow.traffic.index();
        (*called[place].get_or_insert(flow.function) != flow.function).then_some(place)
    })
}

impl AccountInFlight {
    /// Whether an invocation for callers of several functions may be in flight; `whole` says whether none of them lacks
    /// anything that a good answer gives back.
    #[inline]
    pub fn admits_together(&mut self, whole: bool) -> bool {
        if self.shut > 0 || !whole {
            self.shut = self.shut.saturating_sub(1);
            return false;
        }
        self.together = true;
        true
    }
}

/// Whole keys of what has ended by `now` go from the calendar onto the idle stack, and slots into the ledger, without a look at any
/// environment; returns how many, or `None`, with nothing changed, where some wait beside the calendar's ring. An environment that is past
/// its maximum life ends when it is found there, told with its true time.
#[inline(always)]
pub(super) fn give_back_keys(
    now: SimTime,
    ends: &mut Calendar,
    idle: &mut IdlePool,
    (environments, far): (&Environments, bool),
    ledger: Option<&mut Ledger>,
    reserved: bool,
) -> Option<u64> {
    let mut ended = 0;
    let tied = ends.drain_until(now, |count, keys| {
        let entries = keys.map(|key| IdleEntry::served(key.label(), key.time()));
        idle.push_first(count, &entries);
        ended += count;
    })?;
    if far && ends.has_turned() {
        let coming = ends.soon();
        coming.for_each(|key| environments.prefetch(key.label()));
    }
    if tied && ended > 1 {
        idle.order_last(ended, |index| environments.order(index));
    }
    if let Some(ledger) = ledger {
        match idle.latest_four().filter(|_| ended <= 4) {
            Some(four) => ledger.slots.give_back_first(ended, &four, reserved),
            None => idle
                .last_since(ended)
                .for_each(|time| ledger.slots.give_back(time, reserved)),
        }
    }
    Some(ended as u64)
}

impl Function {
    /// Gives back what has ended by `now`.
    #[inline]
    pub fn catch_up<O: Observer>(&mut self, now: SimTime, cx: &mut Context<O>) {
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.ends.take_until(now, &mut in_flight.over);
            if !in_flight.over.is_empty() {
                self.give_back(cx);
            }
        }
    }

    /// The same before the event of the agenda that is next at `now`: of what ends at one instant, what began first comes
    /// first (contract §2.5). Stored events that arrived before have their places before what follows from it.
    #[inline]
    pub fn catch_up_before<O: Observer>(&mut self, now: SimTime, event: Event, cx: &mut Context<O>) {
        if let Some(stored) = self.stored() {
            stored.place_before(now, cx.agenda);
        }
        let Event::Released(environment) = event else {
            return self.catch_up(now, cx);
        };
        let order = self.environments.order(environment);
        let Some(in_flight) = &mut self.in_flight else { return };
        in_flight.ends.take_until(now, &mut in_flight.over);
        let environments = &self.environments;
        let comes_later = |key: &Key| key.time() == now && environments.order(key.label()) > order;
        if in_flight.over.iter().any(comes_later) {
            let later: Vec<Key> = in_flight.over.iter().copied().filter(comes_later).collect();
            in_flight.over.retain(|key| !comes_later(key));
            later.into_iter().for_each(|key| in_flight.ends.add(key));
        }
        if !in_flight.over.is_empty() {
            self.give_back(cx);
        }
    }

    /// The same for trains, whose listeners hear of it with the train; returns how many slots are to be given back. Where they may,
    /// `whole_keys` go onto the idle stack ([`Function::gives_back_whole_keys`], [`give_back_keys`]). A test holds this against
    /// [`Function::catch_up`].
    #[inline(always)]
    pub fn catch_up_in_train<O: Observer>(
        &mut self,
        now: SimTime,
        version: VersionId,
        whole_keys: bool,
        cx: &mut Context<O>,
    ) -> u64 {
        let Some(in_flight) = &mut self.in_flight else { return 0 };
        if whole_keys {
            let (idle, ledger) = (&mut self.idle[version.index()], cx.account.ledger.as_deref_mut());
            let reserved = self.config.reserved.is_some();
            let environments = (&self.environments, self.environments.are_far());
            let ended = give_back_keys(now, &mut in_flight.ends, idle, environments, ledger, reserved);
            if let Some(ended) = ended {
                return ended;
            }
        }
        in_flight.ends.take_until(now, &mut in_flight.over);
        if in_flight.over.is_empty() {
            return 0;
        }
        self.give_back_silently(cx).1.count
    }

    /// The sum of the instants at which what was in flight has ended, as far as it has been given back, in microseconds modulo
    /// 2^64.
    pub fn instants_given_back(&self) -> u64 {
        let ends = self.in_flight.as_ref().map(|in_flight| in_flight.ends.instants_taken());
        ends.unwrap_or_default()
    }

    /// Whether whole keys may go from the calendar onto the idle stack: all are of the version of the flow, and no caller wants to
    /// know of good answers.
    pub fn gives_back_whole_keys<O: Observer>(&self, plain: &PlainFlow, cx: &Context<O>) -> bool {
        let asks = |traffic: &TrafficId| cx.clients[traffic.index()].remembers_success();
        let unasked = |in_flight: &InFlight| !in_flight.callers.iter().any(asks);
        !plain.weighted && self.in_flight.as_deref().is_some_and(unasked)
    }

    /// Environments that have become idle unnoticed are no longer called busy.
    pub fn note_idle(&mut self) {
        for environment in self.idle.iter().flat_map(IdlePool::environments) {
            self.environments.get_mut(environment).busy = false;
        }
    }

    #[inline]
    fn give_back<O: Observer>(&mut self, cx: &mut Context<O>) {
        let (pool, slots) = self.give_back_silently(cx);
        self.take_and_give_back(0, slots.count, cx.account);
        cx.observer.given_back(pool, slots);
        let unreserved = if pool.reserved { GivenBack::default() } else { slots };
        cx.observer.given_back_to_account(slots, unreserved);
    }

    /// BUSY → IDLE for all that is over, or the end of an environment past its maximum life (LIFE-13). Returns what there is
    /// to tell; the slots are not given back yet.
    #[inline(always)]
    fn give_back_silently<O: Observer>(&mut self, cx: &mut Context<O>) -> (Pool, GivenBack) {
        let mut over = self
            .in_flight
            .as_mut()
            .map_or_else(Vec::new, |in_flight| std::mem::take(&mut in_flight.over));
        if over.windows(2).any(|pair| pair[0].time() == pair[1].time()) {
            let environments = &self.environments;
            over.sort_by_key(|key| (key.time(), environments.order(key.label())));
        }
        let (mut qualifier, mut slots) = (QualifierId(0), GivenBack::default());
        for key in over.drain(..) {
            let flow = self.free(key, cx);
            // The same for all: only a function that is called through one qualifier has something in flight.
            qualifier = cx.flows[flow.index()].qualifier;
            slots.add(key.time());
        }
        if let Some(in_flight) = &mut self.in_flight {
            // The buffer keeps its memory.
            in_flight.over = over;
            slots.events = if in_flight.stored.is_some() { slots.count } else { 0 };
        }
        (self.pool(qualifier, StartKind::Warm), slots)
    }

    /// One environment is free again; returns from which flow its invocation came.
    #[inline(always)]
    fn free<O: Observer>(&mut self, key: Key, cx: &mut Context<O>) -> FlowId {
        let (time, index) = (key.time(), key.label());
        cx.account.note_given_back(time, self.config.reserved.is_some());
        let environment = self.environments.get_mut(index);
        environment.busy = false;
        let entry = IdleEntry::served(index, time);
        let (version, flow, death) = (environment.version, environment.task.flow, environment.death);
        let is_event = cx.flows[flow.index()].invocation_type == InvocationType::Event;
        if !is_event && cx.clients[cx.flows[flow.index()].traffic.index()].remembers_success() {
            let finished = self.environments.finished(index);
            self.answered(time, &finished, cx);
        }
        if death <= time {
            self.retire(time, index, cx);
        } else {
            self.idle[version.index()].push(entry, death);
        }
        flow
    }

    /// What an environment serves for callers of `traffic` until `end` is in flight, or its end becomes an event.
    #[inline]
    pub fn begin_flight<O: Observer>(
        &mut self,
        end: SimTime,
        environment: u32,
        traffic: TrafficId,
        cx: &mut Context<O>,
    ) {
        let in_flight = self.in_flight.as_ref();
        let together = in_flight.is_some_and(|in_flight| in_flight.together);
        // Of an event that did not come in a train something may follow (ASYNC-3).
        let ends = in_flight.is_some_and(|in_flight| in_flight.stored.is_none());
        let whole = || !cx.clients[traffic.index()].remembers_success();
        let flies = ends && (!together || cx.account.in_flight.admits_together(whole()));
        if !(flies && self.fly(end, environment)) {
            self.schedule_release(end, environment, cx);
        }
    }

    /// What an environment serves until `end` is in flight; `false` where it does not fit.
    #[inline(always)]
    pub fn fly(&mut self, end: SimTime, environment: u32) -> bool {
        let Some(in_flight) = &mut self.in_flight else {
            return false;
        };
        let Some(key) = Key::new(end, environment) else {
            return false;
        };
        in_flight.ends.add(key);
        true
    }

    /// An environment serves `arrival` until `end` as all of a train do; returns its number.
    #[inline(always)]
    pub fn serve_in_train<O: Observer>(
        &mut self,
        arrival: &Arrival,
        index: u32,
        end: SimTime,
        cx: &mut Context<O>,
    ) -> u64 {
        let order = cx.agenda.next_order(Class::Completion);
        let number = self.environments.begin_in_train(index, arrival, order);
        if !self.fly(end, index) {
            self.schedule_release(end, index, cx);
        }
        number
    }
}

impl Platform {
    /// From now on ends of plain invocations are no events, where the listener takes sums and one function alone is called
    /// plainly. Nobody but arrivals may change the account any more.
    pub(crate) fn tell_in_sums<O: Observer>(&mut self, observer: &O) {
        if !observer.takes_sums() {
            return;
        }
        let flows = self.flows_by_function();
        // One whose callers wait, or else one that is called by events.
        let only = |waits: bool| {
            let called_plainly = |(function, flows): &(&Function, &Vec<FlowId>)| {
                self.is_called_plainly(function, flows) && self.stored_for(flows).is_some() == waits
            };
            let mut plainly = self.functions.iter().zip(&flows).filter(called_plainly);
            plainly.next().filter(|_| plainly.next().is_none())
        };
        let Some((function, here)) = only(false).or_else(|| only(true)) else {
            return;
        };
        let (alone, mut in_flight) = (function.id, self.in_flight(here));
        let remembers_here = |place: usize| {
            self.clients[place].remember() && in_flight.callers.iter().any(|caller| caller.index() == place)
        };
        in_flight.together = shared_senders(self.clients.len(), &self.flows).any(remembers_here);
        self.functions[alone.index()].in_flight = Some(Box::new(in_flight));
        self.alone = Some(alone);
    }

    /// Nothing in flight yet, of a function that is called plainly by these flows.
    pub(super) fn in_flight(&self, flows: &[FlowId]) -> InFlight {
        let stored = self.stored_for(flows);
        let callers = flows.iter().filter(|_| stored.is_none());
        InFlight {
            callers: callers.map(|flow| self.flows[flow.index()].traffic).collect(),
            stored,
            ..InFlight::default()
        }
    }

    /// Where events of these flows wait, if they consist of plain events.
    fn stored_for(&self, flows: &[FlowId]) -> Option<Stored> {
        let first = flows.first().and_then(|flow| self.plain_flows[flow.index()])?;
        first.wait.map(Stored::new)
    }

    /// Who calls each function.
    pub(super) fn flows_by_function(&self) -> Vec<Vec<FlowId>> {
        let mut flows = vec![Vec::new(); self.functions.len()];
        for (id, flow) in (0..).map(FlowId).zip(&self.flows) {
            flows[flow.function.index()].push(id);
        }
        flows
    }

    /// Whether nothing but plain calls through one qualifier reaches a function by its `flows`, and nothing follows from them.
    pub(super) fn is_called_plainly(&self, function: &Function, flows: &[FlowId]) -> bool {
        let Some(qualifier) = flows.first().map(|flow| self.flows[flow.index()].qualifier) else {
            return false;
        };
        let first = flows.first().and_then(|flow| self.plain_flows[flow.index()]);
        let Some(wait) = first.map(|first| first.wait) else {
            return false;
        };
        let plain = |flow: &FlowId| {
            let plain = self.plain_flows[flow.index()];
            plain.is_some_and(|plain| plain.wait == wait) && self.flows[flow.index()].qualifier == qualifier
        };
        let follows = !function.config.invokes.is_empty() || function.holds;
        !function.config.provides() && !follows && flows.iter().all(plain)
    }

    /// Gives back what has ended before something happens at `now` that is no event of the function alone; stored events that arrived
    /// before have their places before what follows from it.
    #[inline]
    pub(super) fn catch_up_before<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        self.place_stored(now);
        self.catch_up(now, observer);
    }

    /// Gives back what has ended by `now`.
    #[inline]
    pub(super) fn catch_up<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        if let Some(alone) = self.alone {
            let (function, mut cx) = self.split(alone.index(), observer);
            function.catch_up(now, &mut cx);
        }
    }

    /// Listeners have cuts at `time` or before: they hear first of everything before each of them.
    #[cold]
    pub(super) fn pass_cuts<O: Observer>(&mut self, time: SimTime, observer: &mut O) {
        while self.cut <= time {
            let cut = self.cut;
            self.work_off(Moment::before(cut, Class::Completion), observer);
            self.catch_up(cut.just_before(), observer);
            let passed = match observer.minds_each_cut() {
                true => cut,
                false => cut.max(time.min(self.quiet_until().just_before())),
            };
            observer.cut(passed);
            self.cut = observer.next_cut();
            if passed == cut {
                self.end_at(cut, observer);
            }
        }
    }

    /// Nothing that listeners count by itself happens before this instant: of what ends, only events are missed where they waited.
    fn quiet_until(&self) -> SimTime {
        let in_flight = self
            .alone
            .and_then(|alone| self.functions[alone.index()].in_flight.as_ref());
        let events = in_flight.filter(|in_flight| in_flight.stored.is_some());
        let ends = events.map_or(SimTime::MAX, |in_flight| in_flight.ends.quiet_until());
        self.agenda.quiet_until().min(self.next_stored()).min(ends)
    }

    /// Gives back what ends at the instant of a cut, before anything begins there.
    pub(crate) fn end_at<O: Observer>(&mut self, cut: SimTime, observer: &mut O) {
        while let Some((now, word)) = self.agenda.pop_before(Moment::before(cut, Class::Ready)) {
            self.step(now, word, observer);
        }
        self.catch_up(cut, observer);
        observer.ended_at_cut(cut);
    }

    /// A client of callers of several functions lacks something that each good answer gives back a part of: so the ends of
    /// what runs for such callers are events again, in the place that they would have had.
    #[cold]
    pub(super) fn make_ends_events<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        self.account.in_flight.clients_short = false;
        if !std::mem::take(&mut self.account.in_flight.together) {
            return;
        }
        self.catch_up(now, observer);
        let mut events = 0;
        for function in &mut self.functions {
            let Some(in_flight) = &mut function.in_flight else {
                continue;
            };
            for key in in_flight.ends.drain() {
                let order = function.environments.order(key.label());
                let event = Event::Released(key.label()).pack(function.id);
                self.agenda.schedule_in_order(key.time(), order, event);
                events += 1;
            }
        }
        self.account.in_flight.shut = events * PATIENCE;
    }
}
