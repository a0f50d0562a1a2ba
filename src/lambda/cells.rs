//! Functions one after another: what the cell-major driver (`simulation::cell_major`) asks of the platform.

use super::account::Account;
use super::config::{FlowConfig, FunctionConfig, RateShape, ScalingRule};
use super::environment::IdlePool;
use super::function::Function;
use super::in_flight::shared_senders;
use super::ledger::Ledger;
use super::platform::{Parts, Platform};
use super::rate::{RequestRate, Seconds};
use crate::facts::{FlowId, FunctionId, Observer, Turn};
use crate::kernel::{Agenda, prefetch, prefetch_at};
use crate::units::SimTime;

impl Parts<'_> {
    /// Whether functions meet nowhere but in the account's unreserved pool and its request rate: whatever else they share, or
    /// send each other, has an order among them.
    pub(crate) fn fall_apart(&self) -> bool {
        let stands_alone = |function: &FunctionConfig| {
            !function.holds() && !function.provides() && function.uses.is_empty() && function.invokes.is_empty()
        };
        let nothing_between = self.links.is_empty() && self.mappings.is_empty() && self.queues.is_empty();
        let own_rates =
            self.account.scaling == ScalingRule::PerFunction && self.account.rate_shape == RateShape::FixedSecond;
        let plainly_sent = |flow: &FlowConfig| flow.mapping.is_none() && !flow.through;
        let waits_together = |place: usize| self.traffic[place].retry.mode.is_adaptive();
        nothing_between
            && self.streams.is_empty()
            && own_rates
            && self.functions.iter().all(|function| stands_alone(function))
            && self.flows.iter().all(plainly_sent)
            && !shared_senders(self.traffic.len(), self.flows).any(waits_together)
    }
}

impl Platform {
    /// Lets plain ends of each function be no events, as those of one that is alone: while it is told, it is. `shared` are places of
    /// senders that call several functions.
    pub(crate) fn take_apart(&mut self, shared: impl Iterator<Item = usize>) {
        for (index, flows) in self.flows_by_function().iter().enumerate() {
            if self.is_called_plainly(&self.functions[index], flows) {
                self.functions[index].in_flight = Some(Box::new(self.in_flight(flows)));
            }
        }
        // What they remember of failures would be felt by all these functions: they must have none to remember.
        for place in shared {
            self.clients[place].are_shared = self.clients[place].remember();
        }
    }

    /// From `from` on functions come one after another: nothing is refused by the account, all of it is written down.
    pub(crate) fn begin_cells(&mut self, from: SimTime) {
        self.account.open_ledger(from);
    }

    /// What follows is of this function from `from` on; its events are in `agenda`.
    pub(crate) fn enter<O: Observer>(
        &mut self,
        function: FunctionId,
        from: SimTime,
        agenda: &mut Agenda,
        observer: &mut O,
    ) {
        std::mem::swap(&mut self.agenda, agenda);
        observer.begin_cell(function);
        self.cut = observer.next_cut();
        self.alone = self.functions[function.index()].in_flight.as_ref().map(|_| function);
        self.trains.pause = 0;
        self.end_at(from, observer);
    }

    /// This function, called by `flow`, comes soon: what its steps read is asked for ahead.
    pub(crate) fn coming<O: Observer>(&self, flow: FlowId, function: FunctionId, turn: Turn, observer: &mut O) {
        observer.coming(flow, function, turn);
        self.functions[function.index()].prefetch(turn);
        if turn == Turn::Third {
            prefetch_at(&self.flows, flow.index());
            prefetch_at(&self.plain_flows, flow.index());
        }
    }

    /// The function that `flow` calls comes soon in the order of arrivals.
    pub(crate) fn called_soon<O: Observer>(&self, flow: FlowId, turn: Turn, observer: &mut O) {
        self.coming(flow, self.flows[flow.index()].function, turn, observer);
    }

    /// The function has come to `until`; nothing of it happens before the instant that is returned.
    pub(crate) fn leave<O: Observer>(&mut self, until: SimTime, agenda: &mut Agenda, observer: &mut O) -> SimTime {
        self.catch_up(until.just_before(), observer);
        let stored = self.next_stored();
        let alone = self.alone.take();
        let in_flight = alone.and_then(|function| self.functions[function.index()].in_flight.as_ref());
        let ends = in_flight.map_or(SimTime::MAX, |in_flight| in_flight.ends.quiet_until());
        std::mem::swap(&mut self.agenda, agenda);
        self.cut = SimTime::MAX;
        ends.min(stored).min(agenda.quiet_until())
    }

    /// All functions have come to the end of the window: what was written down.
    pub(crate) fn end_cells(&mut self) -> Ledger {
        self.account.close_ledger()
    }

    /// The ledger is needed no longer: its memory is.
    pub(crate) fn put_away(&mut self, ledger: Ledger) {
        self.account.spare_ledger = ledger;
    }
}

impl Function {
    fn prefetch(&self, turn: Turn) {
        match turn {
            Turn::Third => {
                prefetch(&self.config);
                prefetch(&self.environments);
                prefetch(&self.idle);
                prefetch(&self.in_flight);
                prefetch(&self.on_demand);
                prefetch(&self.scaling);
                prefetch(&self.requests);
                prefetch(&self.earliest_death);
            }
            Turn::Second => {
                let config = &*self.config;
                prefetch(&config.versions);
                prefetch(&config.reserved);
                prefetch(&config.overhead);
                prefetch_at(&self.idle, 0);
                self.environments.prefetch(0);
                if let Some(in_flight) = &self.in_flight {
                    in_flight.ends.prefetch();
                    prefetch(&in_flight.callers);
                }
            }
            Turn::Next => {
                if let Some(version) = self.config.versions.first() {
                    prefetch(&version.timeout);
                    prefetch(&version.duration_factor);
                    prefetch(&version.error_rate);
                    prefetch(&version.equipment);
                }
                self.idle.iter().for_each(IdlePool::prefetch);
            }
        }
    }
}

impl Account {
    /// From `from` on everything is granted and written down.
    fn open_ledger(&mut self, from: SimTime) {
        let mut ledger = std::mem::take(&mut self.spare_ledger);
        ledger.slots.begin(from);
        ledger.met = false;
        self.requests = RequestRate::Written(Seconds::from(from));
        self.ledger = Some(Box::new(ledger));
    }

    fn close_ledger(&mut self) -> Ledger {
        let mut ledger = self.ledger.take().map_or_else(Ledger::default, |ledger| *ledger);
        if let RequestRate::Written(seconds) = &mut self.requests {
            ledger.requests = std::mem::take(seconds);
        }
        ledger
    }
}
