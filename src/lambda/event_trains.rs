//! Events that Lambda has stored and has not tried yet (ASYNC-1). Where nothing but time lies between, and the same for all of them,
//! they need no events of the agenda: they wait in a row, are stored in trains, and tried in trains a while later.
//!
//! Only functions that are called by plain events alone have such a row (`Platform::find_plain_flows`), while all that ends plainly
//! is in flight (`in_flight`). Each event has the place in the order of one instant that an event of the agenda would have, so that
//! what is due at the same instant comes in its turn (contract §2.5). Whatever differs goes the general way.

use super::function::{Context, Function};
use super::plain_flow::PlainFlow;
use super::platform::Platform;
use super::stored::Stored;
use super::task::{Task, Wake};
use crate::facts::{Arrival, FlowId, Observer, StoredTrain, Train};
use crate::kernel::{Agenda, Class, Moment};
use crate::units::SimTime;

impl Function {
    #[inline]
    pub fn stored(&mut self) -> Option<&mut Stored> {
        self.in_flight.as_mut()?.stored.as_mut()
    }

    /// Stores the first events of a train, those before `until`; returns how many.
    pub fn store<O: Observer>(&mut self, train: &Train, until: SimTime, cx: &mut Context<O>) -> usize {
        let flow = &cx.flows[train.flow.index()];
        let Some(stored) = self.stored() else {
            return 0;
        };
        if cx.clients[flow.traffic.index()].remembers_success() {
            return 0;
        }
        let count = train.times.iter().take_while(|time| **time < until).count();
        stored.add(train, count);
        cx.observer.stored(&StoredTrain {
            flow: train.flow,
            ordinal: train.ordinal,
            function: self.id,
            qualifier: flow.qualifier,
            times: &train.times[..count],
        });
        count
    }

    /// The event that is due is tried the general way, which may schedule something.
    #[inline(never)]
    pub fn try_otherwise<O: Observer>(&mut self, due: SimTime, arrival: &Arrival, cx: &mut Context<O>) {
        if let Some(stored) = self.stored() {
            stored.place_before(due, cx.agenda);
        }
        self.dispatch(due, &Task::new(arrival), Wake::Dispatch, cx);
    }

    /// The first event is tried the general way.
    fn try_first<O: Observer>(&mut self, cx: &mut Context<O>) {
        let stored = self.stored();
        if let Some((due, arrival)) = stored.and_then(Stored::remove_first) {
            self.catch_up(due, cx);
            self.try_otherwise(due, &arrival, cx);
        }
    }
}

impl Platform {
    fn stored(&self) -> Option<&Stored> {
        let alone = self.alone?;
        let in_flight = self.functions[alone.index()].in_flight.as_ref()?;
        in_flight.stored.as_ref()
    }

    fn stored_mut(&mut self) -> Option<(&mut Stored, &mut Agenda)> {
        let in_flight = self.functions[self.alone?.index()].in_flight.as_mut()?;
        Some((in_flight.stored.as_mut()?, &mut self.agenda))
    }

    /// Events that arrived before `now` have their places before what is scheduled at `now`.
    #[inline]
    pub(super) fn place_stored(&mut self, now: SimTime) {
        if let Some((stored, agenda)) = self.stored_mut() {
            stored.place_before(now, agenda);
        }
    }

    fn place_first(&mut self) -> Option<Moment> {
        let (stored, agenda) = self.stored_mut()?;
        stored.place_first(agenda)
    }

    /// Up to where the agenda comes before the first stored event, where that is due before `end`.
    fn reached(&self, end: Moment) -> Option<Moment> {
        let stored = self.stored()?;
        let reached = stored.reached()?;
        (Moment::before(stored.next_due(), Class::Timer) < end).then_some(reached.min(end))
    }

    /// When the next stored event is tried; [`SimTime::MAX`] without any.
    pub(super) fn next_stored(&self) -> SimTime {
        self.stored().map_or(SimTime::MAX, Stored::next_due)
    }

    /// Works off what comes before `end`: the agenda, and stored events in their places among it.
    pub(super) fn work_off<O: Observer>(&mut self, end: Moment, observer: &mut O) {
        while let Some(reached) = self.reached(end) {
            self.work_off_agenda(reached, observer);
            if let Some(first) = self.place_first() {
                self.work_off_agenda(first, observer);
            }
            self.try_stored(end, observer);
        }
        self.work_off_agenda(end, observer);
    }

    /// Tries the first stored event, before which nothing else is due, and those after it before `end`, as far as nothing else happens.
    fn try_stored<O: Observer>(&mut self, end: Moment, observer: &mut O) {
        let Some(alone) = self.alone else { return };
        let until = self.agenda.quiet_until().min(end.time()).min(self.cut);
        let mut coming = self.trains.coming.take().unwrap_or_default();
        let stored = self.stored();
        let (flow, ordinal, count) = stored.map_or((FlowId(0), 0, 0), |stored| stored.copy_to(&mut coming, until));
        let idle = &self.functions[alone.index()].idle;
        // Where nearly all are refused, and much is retried meanwhile, a train of one would be a detour.
        let promising = |plain: &PlainFlow| match count {
            0 => false,
            1 => idle[plain.version.index()].latest(coming.times[0]).is_some(),
            _ => true,
        };
        let plain = self.plain_flows[flow.index()].filter(promising);
        let taken = match plain {
            Some(plain) => self.serve_first(&coming.train(flow, ordinal, count), (until, until), &plain, observer),
            None => {
                let (function, mut cx) = self.split(alone.index(), observer);
                function.try_first(&mut cx);
                0
            }
        };
        if let Some((stored, _)) = self.stored_mut() {
            stored.remove(taken);
        }
        self.trains.coming = Some(coming);
    }
}
