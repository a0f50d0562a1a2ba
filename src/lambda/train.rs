//! Trains: where one function is all that happens for a while, its arrivals are served one after another in one loop, and
//! told together. What the short way looks up for each arrival is looked up once for all of them. As on the short way,
//! whatever differs in anything is left as it is and goes the general way, in its place: then the train goes on.

use super::account::Account;
use super::execution::scaled;
use super::function::{Context, Function};
use super::plain::Admitted;
use super::plain_flow::PlainFlow;
use super::platform::Platform;
use super::task::Task;
use crate::facts::{Arrival, InvocationType, Observer, ServedTrain, Train};
use crate::kernel::draws::{PairBlock, Purpose};
use crate::units::{SimTime, Span};

/// Where something happens before even the first arrival of a train, so many arrivals go by before the next try.
const PAUSE: u32 = 16;

/// Where so many arrivals follow the first, it is drawn for all of them at once how they end.
const DRAWN_TOGETHER: usize = 6;

/// So many arrivals ahead what they need is asked for, where there are many environments.
const AHEAD: usize = 8;

impl Platform {
    /// Whether there may be trains at all.
    #[inline]
    pub(crate) fn serves_trains(&self) -> bool {
        self.alone.is_some()
    }

    /// Takes in the first arrivals of a train, those before `end`, as far as nothing else happens; returns how many.
    #[inline]
    pub(crate) fn serve_train<O: Observer>(&mut self, train: &Train, end: SimTime, observer: &mut O) -> usize {
        let plain = self.plain_flows.get(train.flow.index()).copied().flatten();
        let Some(plain) = plain.filter(|plain| self.alone == Some(plain.function)) else {
            return 0;
        };
        if self.trains.pause > 0 {
            self.trains.pause -= 1;
            return 0;
        }
        self.advance_to(train.times[0], observer);
        let (mut until, cut) = (end.min(train.until), self.cut);
        if plain.wait.is_some() {
            let (function, mut cx) = self.split(plain.function.index(), observer);
            return function.store(train, until.min(cut), &mut cx);
        }
        if observer.minds_each_cut() {
            until = until.min(cut);
        }
        let taken = self.serve_first(train, (until, cut), &plain, observer);
        self.trains.pause = if taken == 0 { PAUSE } else { 0 };
        if self.account.in_flight.clients_short {
            self.make_ends_events(train.times[taken - 1], observer);
        }
        taken
    }

    /// [`Function::serve_train`], told in the one train that is filled anew.
    #[inline]
    pub(super) fn serve_first<O: Observer>(
        &mut self,
        train: &Train,
        edges: (SimTime, SimTime),
        plain: &PlainFlow,
        observer: &mut O,
    ) -> usize {
        let mut served = self.trains.served.take().unwrap_or_default();
        let (function, mut cx) = self.split(plain.function.index(), observer);
        let taken = function.serve_train(train, edges, plain, &mut served, &mut cx);
        self.trains.served = Some(served);
        taken
    }
}

impl Function {
    /// Takes in the arrivals of a train before `until`, as far as nothing else happens; returns how many. None goes the general way
    /// beyond `cut`, of which listeners have not heard yet.
    #[inline(never)]
    fn serve_train<O: Observer>(
        &mut self,
        train: &Train,
        (until, cut): (SimTime, SimTime),
        plain: &PlainFlow,
        served: &mut ServedTrain,
        cx: &mut Context<O>,
    ) -> usize {
        let flow = &cx.flows[train.flow.index()];
        let version = &self.config.versions[plain.version.index()];
        let (timeout, factor, key) = (version.timeout, version.duration_factor, flow.key);
        let may_fail = !(version.error_rate.is_none() && version.crash_rate.is_none());
        let asks_fate = may_fail || plain.weighted;
        (served.flow, served.function) = (train.flow, self.id);
        (served.version, served.qualifier) = (plain.version, flow.qualifier);
        served.reserved = self.config.reserved.is_some();
        (served.invocation_type, served.waited) = (flow.invocation_type, plain.wait.unwrap_or_default());
        served.overhead = match plain.wait {
            Some(_) => Span::ZERO,
            None => self.config.overhead.as_constant().unwrap_or_default(),
        };
        served.begin(train.ordinal);
        let patience = plain.patience.as_micros().checked_sub(served.overhead.as_micros());
        let longest = patience.map(|patience| timeout.min(Span::from_micros(patience)));
        let fates = (asks_fate && train.times.get(DRAWN_TOGETHER).is_some_and(|time| *time < until)).then(|| {
            let mut fates = PairBlock::default();
            key.draw_block(train.ordinal, Purpose::Fate, &mut fates);
            fates
        });
        let mut whole_keys = self.gives_back_whole_keys(plain, cx);
        let mut quiet = until.min(cx.agenda.quiet_until());
        let far = self.environments.are_far();
        let waited = served.waited;
        let arrival = |place: usize| Arrival {
            time: train.times[place].saturating_sub(waited),
            ..train.arrival(place)
        };
        let mut admitted = self.admits_rest(train, 0, plain, cx.account);
        let (mut taken, mut before) = (0, self.instants_given_back());
        for (place, now) in train.times.iter().copied().enumerate() {
            if now >= quiet {
                break;
            }
            taken = place + 1;
            if let Some(coming) = train.times.get(place + AHEAD).filter(|_| far) {
                self.prefetch_flight(coming.saturating_add(scaled(train.sampled[place + AHEAD], factor)));
            }
            let duration = scaled(train.sampled[place], factor);
            let end = now.saturating_add(duration);
            let fate = asks_fate.then(|| match &fates {
                Some(fates) => fates.pair(place),
                None => key.draw(train.ordinal + place as u64, 0, Purpose::Fate),
            });
            let elsewhere = plain.weighted
                && fate.is_some_and(|fate| {
                    let qualifier = &self.config.qualifiers[served.qualifier.index()];
                    qualifier.drawn_version(fate.second) != plain.version
                });
            let ends_well = Some(duration) <= longest
                && end.saturating_add(served.overhead) < cx.horizon
                && !elsewhere
                && fate.is_none_or(|fate| self.config.versions[plain.version.index()].fate(fate.first).is_ok());
            let ended = self.catch_up_in_train(now, plain.version, whole_keys, cx);
            served.given_back.count += ended;
            if admitted != Admitted::Together {
                self.take_and_give_back(0, ended, cx.account);
            }
            let environment = ends_well
                .then(|| self.take_plainly(now, plain.version, admitted, cx.account))
                .flatten();
            let Some(environment) = environment else {
                if now >= cut {
                    taken = place;
                    break;
                }
                // A function that refuses most of what comes would begin a train for each of the few that it serves.
                let drawn = elsewhere.then_some(plain);
                self.serve_otherwise(now, &arrival(place), drawn, (served, before, admitted), cx);
                before = self.instants_given_back();
                if cx.account.in_flight.clients_short {
                    break;
                }
                whole_keys = self.gives_back_whole_keys(plain, cx);
                admitted = self.admits_rest(train, taken, plain, cx.account);
                quiet = until.min(cx.agenda.quiet_until());
                continue;
            };
            let index = served.count;
            served.environments[index] = self.serve_in_train(&arrival(place), environment, end, cx);
            served.starts[index] = now;
            served.durations[index] = duration;
            served.billed_ms[index] = cx.account.billed_ms(duration);
            served.count = index + 1;
            served.rise = served
                .rise
                .max((served.count as u64).saturating_sub(served.given_back.count));
        }
        self.tell_train(served, before, admitted, cx);
        taken
    }

    /// How those of a train are admitted that follow the first `taken`.
    fn admits_rest(&self, train: &Train, taken: usize, plain: &PlainFlow, account: &Account) -> Admitted {
        let rest = &train.times[taken..];
        let from_queue = plain.wait.is_some();
        let together = |first: &SimTime| self.admits_together(*first, rest.len(), from_queue, account);
        match (rest.first().is_some_and(together), from_queue) {
            (true, _) => Admitted::Together,
            (false, true) => Admitted::FromQueue,
            (false, false) => Admitted::InTrain,
        }
    }

    /// An arrival in the middle of a train that is not plain goes the general way, after all before it have been told; one that is
    /// only `drawn` to another version goes the short way, if it can.
    #[inline(never)]
    fn serve_otherwise<O: Observer>(
        &mut self,
        now: SimTime,
        arrival: &Arrival,
        drawn: Option<&PlainFlow>,
        (served, before, admitted): (&mut ServedTrain, u64, Admitted),
        cx: &mut Context<O>,
    ) {
        self.tell_train(served, before, admitted, cx);
        served.begin(arrival.ordinal + 1);
        if served.invocation_type == InvocationType::Event {
            return self.try_otherwise(now, arrival, cx);
        }
        if drawn.is_some_and(|plain| self.serve_plainly(arrival, plain, cx).is_some()) {
            return;
        }
        let task = Task::new(arrival);
        cx.observer.arrived(&task.call(&cx.flows[arrival.flow.index()]));
        self.request(now, &task, cx);
    }

    /// `before` is what [`Function::instants_given_back`] was before the first arrival.
    #[inline(always)]
    fn tell_train<O: Observer>(
        &mut self,
        served: &mut ServedTrain,
        before: u64,
        admitted: Admitted,
        cx: &mut Context<O>,
    ) {
        if admitted == Admitted::Together {
            self.count_together(served, cx.account);
        }
        served.given_back.instants = self.instants_given_back().wrapping_sub(before);
        let by_arrival = served.invocation_type != InvocationType::Event;
        served.given_back.events = if by_arrival { 0 } else { served.given_back.count };
        if let Some(ledger) = &mut cx.account.ledger {
            ledger
                .slots
                .take_all(served.starts(), served.durations(), by_arrival, served.reserved);
        }
        if served.count > 0 || served.given_back.count > 0 {
            cx.observer.served_train(served);
        }
    }
}
