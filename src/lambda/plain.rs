//! The short way: nearly all invocations are first attempts of callers that wait, of functions without anything special, and
//! find a warm environment on demand.
//!
//! What has to hold for that is looked at once for each flow (`Platform::find_plain_flows`) and, where it changes from arrival
//! to arrival, before anything is done; whatever differs goes the general way (`Function::request`). So the short way decides
//! nothing anew: it leaves out what cannot matter, which saves more than half of an invocation's time. A test drives random
//! accounts both ways.

use super::account::Account;
use super::config::{EnvPick, FlowConfig};
use super::execution::{Execution, handler, scaled};
use super::function::{Context, Function, Serving};
use super::plain_flow::PlainFlow;
use super::platform::{Platform, Reply};
use super::task::Task;
use crate::facts::{Arrival, FlowId, InvocationType, Observer, ServedTrain, StartKind, VersionId};
use crate::kernel::Distribution;
use crate::units::{SimTime, Span};

impl Platform {
    /// Looks anew which flows may take the short way: at the start, and whenever something about them has changed.
    pub(super) fn find_plain_flows(&mut self) {
        let short_way = self.short_way;
        let plain = |flow: &FlowConfig| {
            let clients = &self.clients[flow.traffic.index()];
            let plainly_sent = !(flow.sized || flow.through || flow.mapping.is_some() || clients.is_adaptive());
            let function = &self.functions[flow.function.index()];
            let version = function.plain_version(flow)?;
            let (patience, wait) = match flow.invocation_type {
                InvocationType::RequestResponse => (clients.read_timeout().unwrap_or(Span::MAX), None),
                InvocationType::Event => (Span::MAX, Some(function.plain_wait(flow, &self.account)?)),
                InvocationType::DryRun => return None,
            };
            (plainly_sent && short_way).then(|| PlainFlow {
                function: flow.function,
                version,
                weighted: function.weighs(flow),
                patience,
                wait,
            })
        };
        self.plain_flows = self.flows.iter().map(plain).collect();
    }

    /// What the handler durations of a flow that takes the short way are sampled from, unless it takes records one by one. It
    /// stays so until the account is changed.
    pub fn plain_durations(&self, flow: FlowId) -> Option<&Distribution> {
        let plain = self.plain_flows.get(flow.index())?.as_ref()?;
        let function = &self.functions[plain.function.index()];
        let version = &function.config.versions[plain.version.index()];
        let in_trains = plain.wait.is_none() || function.in_flight.is_some();
        (in_trains && version.per_record.is_none()).then_some(&version.duration)
    }
}

impl Function {
    /// The version that serves a flow, or most of it, if neither versions nor function have anything that only some have.
    fn plain_version(&self, flow: &FlowConfig) -> Option<VersionId> {
        let qualifier = &self.config.qualifiers[flow.qualifier.index()];
        let additional = qualifier.additional.map(|(version, _)| version);
        let equipped = |version: VersionId| self.config.versions[version.index()].equipment.is_some();
        let plain = !std::iter::once(qualifier.version).chain(additional).any(equipped)
            && self.wakefulness.is_empty()
            && self.growth.is_none()
            && self.config.uses.is_empty()
            && self.config.env_pick == EnvPick::MostRecentlyUsed
            && self.config.overhead.as_constant().is_some();
        plain.then_some(qualifier.version)
    }

    /// How long all events of a flow wait before their first attempt, if nothing else can become of them before it, and nothing
    /// follows where that succeeds.
    fn plain_wait(&self, flow: &FlowConfig, account: &Account) -> Option<Span> {
        let event_invoke = &self.config.qualifiers[flow.qualifier.index()].event_invoke;
        let wait = self.config.events.first_dispatch.as_constant()?;
        let plain = self.config.events.duplicates.is_none()
            && event_invoke.on_success.is_none()
            && wait <= event_invoke.maximum_event_age
            && self.config.reserved != Some(0)
            && !account.config.rate_limits_events
            && !self.weighs(flow);
        plain.then_some(wait)
    }

    fn weighs(&self, flow: &FlowConfig) -> bool {
        self.config.qualifiers[flow.qualifier.index()].additional.is_some()
    }

    /// Serves an arrival the short way; `None`, with nothing changed, where it has to go the general way.
    #[inline]
    pub fn serve_plainly<O: Observer>(
        &mut self,
        arrival: &Arrival,
        plain: &PlainFlow,
        cx: &mut Context<O>,
    ) -> Option<Reply> {
        // It would be refused further down all the same, after its fate has been drawn in vain.
        if !self.has_slots(1, cx.account) {
            return None;
        }
        let now = arrival.time;
        let (task, flow) = (Task::new(arrival), &cx.flows[arrival.flow.index()]);
        let served_by = match plain.weighted {
            true => self.route(&task, flow),
            false => plain.version,
        };
        let version = &self.config.versions[served_by.index()];
        let handler = match arrival.sampled.filter(|_| served_by == plain.version) {
            Some(sampled) => scaled(sampled, version.duration_factor),
            None => handler(&task, version, flow.key),
        };
        let execution = Execution::warm(handler, &task, version, flow.key);
        let answered = self.answered_at(now.saturating_add(execution.duration), Span::ZERO, &task, flow);
        let ends_well = execution.verdict.is_ok() && answered < cx.horizon && answered.since(now) <= plain.patience;
        if !ends_well {
            return None;
        }
        let idle = self.take_plainly(now, served_by, Admitted::AtOnce, cx.account)?;
        let serving = Serving {
            environment: idle,
            version: served_by,
            start_kind: StartKind::Warm,
            spilled: false,
        };
        let attempt = self.begin(now, &task, &serving, &execution, cx);
        self.begin_flight(attempt.end, idle, flow.traffic, cx);
        let pool = self.pool(flow.qualifier, StartKind::Warm);
        cx.observer.served(&task.call(flow), pool, &attempt);
        Some(Reply::Running {
            until: attempt.end,
            verdict: attempt.verdict,
        })
    }

    /// An idle environment that has served before, with a slot for it; `None`, with nothing changed, where one of them is
    /// wanting.
    #[inline(always)]
    pub fn take_plainly(
        &mut self,
        now: SimTime,
        version: VersionId,
        admitted: Admitted,
        account: &mut Account,
    ) -> Option<u32> {
        let entry = self.idle[version.index()].pop_latest(now)?;
        let idle = entry.environment();
        let ready = match admitted {
            Admitted::AtOnce => self.environments.serves_plainly(idle, now),
            Admitted::InTrain | Admitted::FromQueue | Admitted::Together => {
                self.environments.serves_in_train(idle, now)
            }
        };
        // No rate limits what the queue of events sends (RPS-1).
        let admits = ready
            && match admitted {
                Admitted::Together => true,
                Admitted::FromQueue => self.provisioned_requested == 0 && self.take_slot(account).is_ok(),
                Admitted::AtOnce | Admitted::InTrain => {
                    self.provisioned_requested == 0 && self.admits_plainly(now, account)
                }
            };
        if !admits {
            self.idle[version.index()].put_back(entry);
            return None;
        }
        Some(idle)
    }

    /// Whether the account and the function have room for all of a train of so many from `now` on, whatever ends meanwhile: then none
    /// is asked for by itself, and they are counted when they are told ([`Function::count_together`]).
    pub fn admits_together(&self, now: SimTime, count: usize, from_queue: bool, account: &Account) -> bool {
        let count = count as u64;
        let own_rate = self.config.reserved.is_none() || self.requests.has_room(now, count);
        let rates = from_queue || own_rate && account.requests.has_room(now, count);
        self.provisioned_requested == 0 && self.has_slots(count, account) && rates
    }

    /// Whether so many slots are left, of a function without provisioned concurrency.
    #[inline]
    fn has_slots(&self, count: u64, account: &Account) -> bool {
        match self.config.reserved {
            Some(reserved) => u64::from(self.on_demand) + count <= u64::from(reserved),
            None => account.has_slots(count),
        }
    }

    /// Counts what was admitted together, and what has ended since the last time.
    pub fn count_together(&mut self, train: &ServedTrain, account: &mut Account) {
        self.take_and_give_back(train.count as u64, train.given_back.count, account);
        if train.invocation_type == InvocationType::RequestResponse {
            account.requests.take_all(train.starts());
            if train.reserved {
                self.requests.take_all(train.starts());
            }
        }
    }

    /// Steps 6 to 10 of the admission order (lambda-model §3.5), undone where one of them refuses.
    #[inline(always)]
    fn admits_plainly(&mut self, now: SimTime, account: &mut Account) -> bool {
        if !account.take_request(now) {
            return false;
        }
        let rated = self.config.reserved.is_some();
        if rated && !self.requests.take(now) {
            account.give_request_back();
            return false;
        }
        if self.take_slot(account).is_err() {
            account.give_request_back();
            if rated {
                self.requests.give_back();
            }
            return false;
        }
        true
    }
}

/// How a plain invocation comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// By itself.
    AtOnce,
    /// In a train of requests.
    InTrain,
    /// In a train of events that were stored.
    FromQueue,
    /// In a train for all of which there is room ([`Function::admits_together`]).
    Together,
}
