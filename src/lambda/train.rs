//! Trains: where one function is all that happens for a while, its arrivals are served one after another in one loop, and
//! told together. What the short way looks up for each arrival is looked up once for all of them. As on the short way,
//! whatever differs in anything is left as it is and goes the general way, in its place: then the train goes on.

use super::ends::Trains;
use super::execution::{Execution, scaled};
use super::function::{Context, Function};
use super::plain_flow::PlainFlow;
use super::platform::Platform;
use super::task::Task;
use crate::facts::{GivenBack, Observer, ServedTrain, Train};
use crate::units::{SimTime, Span};

/// Where something happens before even the first arrival of a train, so many arrivals go by before the next try.
const PAUSE: u32 = 16;

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
        let mut served = self.trains.served.take().unwrap_or_default();
        let mut taken = 0;
        loop {
            let until = end.min(train.until).min(self.cut).min(self.agenda.quiet_until());
            let (function, mut cx) = self.split(plain.function.index(), observer);
            function.serve_train(train, taken, until, &plain, &mut served, &mut cx);
            taken += served.count;
            let Some(now) = train.times.get(taken).copied().filter(|now| *now < until) else {
                break;
            };
            // It is not plain. A function that refuses most of what comes would begin a train for each of the few it serves.
            self.catch_up(now, observer);
            self.request(&train.arrival(taken), observer);
            taken += 1;
        }
        self.trains = Trains {
            served: Some(served),
            pause: if taken == 0 { PAUSE } else { 0 },
        };
        taken
    }
}

impl Function {
    /// Serves the arrivals of a train from place `from` on, as far as each is plain and comes before `until`.
    #[inline(never)]
    fn serve_train<O: Observer>(
        &mut self,
        train: &Train,
        from: usize,
        until: SimTime,
        plain: &PlainFlow,
        served: &mut ServedTrain,
        cx: &mut Context<O>,
    ) {
        let flow = &cx.flows[train.flow.index()];
        let version = &self.config.versions[plain.version.index()];
        let (timeout, factor, key) = (version.timeout, version.duration_factor, flow.key);
        let may_fail = !(version.error_rate.is_none() && version.crash_rate.is_none());
        (served.flow, served.ordinal, served.count) = (train.flow, train.ordinal + from as u64, 0);
        (served.function, served.version, served.qualifier) = (self.id, plain.version, flow.qualifier);
        (served.given_back, served.rise) = (GivenBack::default(), 0);
        served.reserved = self.config.reserved.is_some();
        served.overhead = self.config.overhead.as_constant().unwrap_or_default();
        let Some(patience) = plain.patience.as_micros().checked_sub(served.overhead.as_micros()) else {
            return;
        };
        let longest = timeout.min(Span::from_micros(patience));
        for (index, now) in train.times[from..].iter().copied().enumerate() {
            let place = from + index;
            let duration = scaled(train.sampled[place], factor);
            let end = now.saturating_add(duration);
            if now >= until || duration > longest || end.saturating_add(served.overhead) >= cx.horizon {
                break;
            }
            let task = Task::new(&train.arrival(place));
            if may_fail {
                let version = &self.config.versions[plain.version.index()];
                if !Execution::warm(duration, &task, version, key).verdict.is_ok() {
                    break;
                }
            }
            self.catch_up_in_train(now, &mut served.given_back, cx);
            let Some(environment) = self.take_plainly(now, plain, cx.account) else {
                break;
            };
            served.environments[index] = self.serve_in_train(task, environment, end, cx);
            served.starts[index] = now;
            served.durations[index] = duration;
            served.billed_ms[index] = cx.account.billed_ms(duration);
            served.count = index + 1;
            served.rise = served
                .rise
                .max((index as u64 + 1).saturating_sub(served.given_back.count));
        }
        if served.count > 0 || served.given_back.count > 0 {
            cx.observer.served_train(served);
        }
    }
}
