//! Trains: where one function is all that happens for a while, its arrivals are served one after another in one loop, and
//! told together. What the short way looks up for each arrival is looked up once for all of them. As on the short way,
//! whatever differs in anything is left as it is and goes the general way, in its place: then the train goes on.

use super::account::{Account, billed_ms};
use super::execution::scaled;
use super::function::{Context, Function};
use super::in_flight::give_back_keys;
use super::plain::Admitted;
use super::plain_flow::PlainFlow;
use super::platform::Platform;
use super::task::Task;
use crate::facts::{Arrival, InvocationType, Observer, ServedTrain, TRAIN, Train};
use crate::kernel::draws::{PairBlock, Purpose};
use crate::kernel::{Calendar, Class, Key};
use crate::units::{SimTime, Span};

/// Where something happens before even the first arrival of a train, so many arrivals go by before the next try.
const PAUSE: u32 = 16;

/// Where so many arrivals follow the first, it is drawn for all of them at once how they end.
const DRAWN_TOGETHER: usize = 6;

/// So many arrivals ahead what they need is asked for, where there are many environments.
const AHEAD: usize = 8;

/// What will become of the arrivals of a train, should nothing refuse them: a bit for each, the first one's lowest.
#[derive(Clone, Copy, Debug)]
struct Foreseen {
    /// Whether it ends well, served by the flow's version.
    well: u64,
    /// Whether it is drawn to the other version (ALIAS-3).
    elsewhere: u64,
}

impl Foreseen {
    fn holds(bits: u64, place: usize) -> bool {
        bits >> place & 1 > 0
    }
}

fn all_scaled(sampled: &[Span], factor: f64) -> [Span; TRAIN] {
    let mut all = [Span::ZERO; TRAIN];
    for (scaled_one, sampled) in all.iter_mut().zip(sampled) {
        *scaled_one = scaled(*sampled, factor);
    }
    all
}

/// The end of the arrival at this place, if there is one, is written down soon.
#[inline(always)]
fn prefetch_end(ends: &Calendar, times: &[SimTime], durations: &[Span], place: usize) {
    if let (Some(now), Some(duration)) = (times.get(place), durations.get(place)) {
        ends.prefetch_line(now.saturating_add(*duration));
    }
}

/// One of a train that has waited so long since it arrived.
#[inline(always)]
fn arrival_of(train: &Train, place: usize, waited: Span) -> Arrival {
    Arrival {
        time: train.times[place].saturating_sub(waited),
        ..train.arrival(place)
    }
}

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
        self.begin_train(train, plain, served, cx);
        let mut quiet = until.min(cx.agenda.quiet_until());
        let times = &train.times[..train.times.iter().take_while(|now| **now < quiet).count()];
        let factor = self.config.versions[plain.version.index()].duration_factor;
        let scaled_durations;
        let durations = if factor == 1.0 {
            train.sampled
        } else {
            scaled_durations = all_scaled(&train.sampled[..times.len()], factor);
            &scaled_durations
        };
        let foreseen = self.foresee((times, &durations[..times.len()]), plain, served, cx);
        let mut whole_keys = self.gives_back_whole_keys(plain, cx);
        let mut admitted = self.admits_rest(times, plain, cx.account);
        let (mut place, mut before) = (0, self.instants_given_back());
        while times.get(place).is_some_and(|now| *now < quiet) {
            if whole_keys && admitted == Admitted::Together {
                let well = (foreseen.well >> place).trailing_ones() as usize;
                let run = (place, (place + well).min(times.len()));
                place = self.serve_run(train, durations, run, quiet, served, cx);
            }
            let Some(now) = times.get(place).copied().filter(|now| *now < quiet) else {
                break;
            };
            if let Some(in_flight) = self.in_flight.as_ref().filter(|_| self.environments.are_far()) {
                prefetch_end(&in_flight.ends, times, durations, place + AHEAD);
            }
            let ended = self.catch_up_in_train(now, plain.version, whole_keys, cx);
            served.given_back.count += ended;
            if admitted != Admitted::Together {
                self.take_and_give_back(0, ended, cx.account);
            }
            let arrival = arrival_of(train, place, served.waited);
            let environment = Foreseen::holds(foreseen.well, place)
                .then(|| self.take_plainly(now, plain.version, admitted, cx.account))
                .flatten();
            if environment.is_none() && now >= cut {
                break;
            }
            place += 1;
            if let Some(environment) = environment {
                let duration = durations[place - 1];
                let number = self.serve_in_train(&arrival, environment, now.saturating_add(duration), cx);
                served.environments[served.count] = number;
                served.add(&[now], &[duration]);
                continue;
            }
            // A function that refuses most of what comes would begin a train for each of the few that it serves.
            let drawn = Foreseen::holds(foreseen.elsewhere, place - 1).then_some(plain);
            self.serve_otherwise(now, &arrival, drawn, (served, before, admitted), cx);
            before = self.instants_given_back();
            if cx.account.in_flight.clients_short {
                break;
            }
            whole_keys = self.gives_back_whole_keys(plain, cx);
            admitted = self.admits_rest(&times[place..], plain, cx.account);
            quiet = until.min(cx.agenda.quiet_until());
        }
        self.tell_train(served, before, admitted, cx);
        place
    }

    /// What all of a train have in common.
    #[inline(always)]
    fn begin_train<O: Observer>(&self, train: &Train, plain: &PlainFlow, served: &mut ServedTrain, cx: &Context<O>) {
        let flow = &cx.flows[train.flow.index()];
        (served.flow, served.function) = (train.flow, self.id);
        (served.version, served.qualifier) = (plain.version, flow.qualifier);
        served.reserved = self.config.reserved.is_some();
        (served.invocation_type, served.waited) = (flow.invocation_type, plain.wait.unwrap_or_default());
        served.overhead = match plain.wait {
            Some(_) => Span::ZERO,
            None => self.config.overhead.as_constant().unwrap_or_default(),
        };
        served.begin(train.ordinal);
    }

    /// What will become of the first arrivals of a train, which come at `times` and take so long.
    #[inline]
    fn foresee<O: Observer>(
        &self,
        (times, durations): (&[SimTime], &[Span]),
        plain: &PlainFlow,
        served: &ServedTrain,
        cx: &Context<O>,
    ) -> Foreseen {
        let version = &self.config.versions[plain.version.index()];
        let patience = plain.patience.as_micros().checked_sub(served.overhead.as_micros());
        let longest = patience.map(|patience| version.timeout.min(Span::from_micros(patience)));
        let in_time = |now: SimTime, duration: Span| {
            let answered = now.saturating_add(duration).saturating_add(served.overhead);
            Some(duration) <= longest && answered < cx.horizon
        };
        // Nearly always the longest of them would do at the instant of the last.
        let longest_of_all = durations.iter().copied().fold(Span::ZERO, Span::max);
        let mut well = u64::MAX;
        if !times.last().is_some_and(|last| in_time(*last, longest_of_all)) {
            let each = times.iter().zip(durations).enumerate();
            well = each.fold(0, |bits, (place, (now, duration))| {
                bits | u64::from(in_time(*now, *duration)) << place
            });
        }
        let may_fail = !(version.error_rate.is_none() && version.crash_rate.is_none());
        if !(may_fail || plain.weighted) {
            return Foreseen { well, elsewhere: 0 };
        }
        let (key, qualifier) = (
            cx.flows[served.flow.index()].key,
            &self.config.qualifiers[served.qualifier.index()],
        );
        let fates = (times.len() > DRAWN_TOGETHER).then(|| {
            let mut fates = PairBlock::default();
            key.draw_block(served.ordinal, Purpose::Fate, &mut fates);
            fates
        });
        let mut elsewhere = 0;
        for place in 0..times.len() {
            let fate = match &fates {
                Some(fates) => fates.pair(place),
                None => key.draw(served.ordinal + place as u64, 0, Purpose::Fate),
            };
            let drawn = plain.weighted && qualifier.drawn_version(fate.second) != plain.version;
            elsewhere |= u64::from(drawn) << place;
            well &= !(u64::from(drawn || !version.fate(fate.first).is_ok()) << place);
        }
        Foreseen { well, elsewhere }
    }

    /// Serves arrivals of a train from place `from` on, all of which are admitted and end well, as far as each finds an environment that
    /// has served before; returns the place of the first that it leaves. It saves what [`Function::take_plainly`] and
    /// [`Function::serve_in_train`] look up and count for each of them.
    #[inline(always)]
    fn serve_run<O: Observer>(
        &mut self,
        train: &Train,
        durations: &[Span],
        (from, to): (usize, usize),
        quiet: SimTime,
        served: &mut ServedTrain,
        cx: &mut Context<O>,
    ) -> usize {
        let Some(in_flight) = &mut self.in_flight else {
            return from;
        };
        let (ends, idle) = (&mut in_flight.ends, &mut self.idle[served.version.index()]);
        let environments = &mut self.environments;
        let far = environments.are_far();
        let mut ledger = cx.account.ledger.as_deref_mut();
        let (count, mut given_back, mut rise) = (served.count, served.given_back.count, served.rise);
        let numbers = &mut served.environments[count..count + to - from];
        let (run, durations) = (train.part(from..to), &durations[from..to]);
        let mut taken = 0;
        for ((now, duration), number) in run.times.iter().zip(durations).zip(numbers) {
            if *now >= quiet {
                break;
            }
            if far {
                prefetch_end(ends, run.times, durations, taken + AHEAD);
            }
            let reserved = served.reserved;
            let Some(ended) = give_back_keys(*now, ends, idle, (environments, far), ledger.as_deref_mut(), reserved)
            else {
                break;
            };
            given_back += ended;
            let Some(entry) = idle.pop_latest(*now) else { break };
            let key = Key::new(now.saturating_add(*duration), entry.environment());
            let Some(key) = key.filter(|_| environments.serves_in_train(entry.environment(), *now)) else {
                idle.put_back(entry);
                break;
            };
            let order = cx.agenda.next_order(Class::Completion);
            let arrival = arrival_of(&run, taken, served.waited);
            *number = environments.begin_in_train(entry.environment(), &arrival, order);
            ends.add(key);
            taken += 1;
            rise = rise.max(((count + taken) as u64).saturating_sub(given_back));
        }
        (served.given_back.count, served.rise) = (given_back, rise);
        served.add(&run.times[..taken], &durations[..taken]);
        from + taken
    }

    /// How the rest of a train is admitted.
    fn admits_rest(&self, rest: &[SimTime], plain: &PlainFlow, account: &Account) -> Admitted {
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
        let granularity = cx.account.config.billing_granularity;
        for (billed, duration) in served.billed_ms.iter_mut().zip(&served.durations[..served.count]) {
            *billed = billed_ms(*duration, granularity);
        }
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
