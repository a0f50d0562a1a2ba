use std::sync::Arc;

use slab::Slab;

use super::account::Account;
use super::budget::{self, Asking};
use super::caller::Clients;
use super::config::{AccountConfig, EnvPick, FlowConfig, FunctionConfig, Through, TransferConfig};
use super::ends::InFlight;
use super::environment::{Environment, Finished, IdleEntry, IdleLife, IdlePool, Residents};
use super::environments::Environments;
use super::equipment::{Equipment, Held};
use super::execution::{Execution, Readiness};
use super::interfaces::Interfaces;
use super::outbox::Outbox;
use super::provisioned_pool::ProvisionedPool;
use super::rate::{Bucket, FunctionPeaks, RequestGrowth, RequestRate};
use super::shelf::Shelf;
use super::task::{PutAside, Task, Wake};
use super::wakefulness::Wakefulness;
use crate::facts::{
    Attempt, Cause, Denial, ErrorCode, FunctionId, InvocationType, Observer, Pool, QualifierId, Reason, Refusal,
    StartKind, TrafficId, Verdict, VersionId,
};
use crate::kernel::Agenda;
use crate::kernel::Class;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

/// Environments a function may add at once, and per minute (SCALE-1).
const SCALING_CAPACITY: u32 = 1_000;
const SCALING_PER_MINUTE: u64 = 6_000;

/// What has come true for one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The environment's invocation is over.
    Released(u32),
    /// A waiting task is due.
    Woken(u32),
    /// An increment of provisioned environments asked for during the run is ready.
    Allocated(u32),
    /// An idle environment that holds something scarce may be over: what it holds is free now.
    Expired,
    /// Extensions of an environment that has ended are done (LIFE-10).
    ShutDown(u32),
}

/// Bits of the agenda's word: what, whose, which.
const FUNCTION_SHIFT: u32 = 32;
const KIND_SHIFT: u32 = 61;

impl Event {
    /// The event of `function` as one word. Function numbers stay below 2^29; the last two kinds are the driver's own.
    pub fn pack(self, function: FunctionId) -> u64 {
        let (kind, index) = match self {
            Event::Released(index) => (0, index),
            Event::Woken(index) => (1, index),
            Event::Allocated(index) => (2, index),
            Event::Expired => (3, 0),
            Event::ShutDown(index) => (4, index),
        };
        (kind << KIND_SHIFT) + ((function.0 as u64) << FUNCTION_SHIFT) + index as u64
    }

    pub fn unpack(word: u64) -> (FunctionId, Event) {
        let function = FunctionId((word >> FUNCTION_SHIFT) as u32 & ((1 << (KIND_SHIFT - FUNCTION_SHIFT)) - 1));
        let index = word as u32;
        let event = match word >> KIND_SHIFT {
            0 => Event::Released(index),
            1 => Event::Woken(index),
            2 => Event::Allocated(index),
            3 => Event::Expired,
            _ => Event::ShutDown(index),
        };
        (function, event)
    }
}

/// What a function's steps may touch beyond its own state.
pub(super) struct Context<'a, O> {
    pub account: &'a mut Account,
    pub agenda: &'a mut Agenda,
    pub clients: &'a mut [Clients],
    /// What callers send and get, by traffic entry.
    pub transfers: &'a [Option<Box<TransferConfig>>],
    pub throughs: &'a [Option<Box<Through>>],
    pub gateway: &'a mut Bucket,
    pub flows: &'a [FlowConfig],
    pub outbox: &'a mut Outbox,
    pub horizon: SimTime,
    pub observer: &'a mut O,
}

impl<'a, O> Context<'a, O> {
    pub fn transfer(&self, traffic: TrafficId) -> Option<&'a TransferConfig> {
        self.transfers[traffic.index()].as_deref()
    }

    pub fn through(&self, traffic: TrafficId) -> Option<&'a Through> {
        self.throughs[traffic.index()].as_deref()
    }
}

/// The cell: one function's state machine. Its steps know no clock and no queue but those of their [`Context`], and meet
/// other functions only in the [`Account`].
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub id: FunctionId,
    /// That of the plan, until something in it changes.
    pub config: Arc<FunctionConfig>,
    pub environments: Environments,
    /// Tasks put aside.
    pub waiting: Shelf<PutAside>,
    /// Increments of provisioned concurrency on their way: pool and number.
    pub allocating: Slab<(usize, u32)>,
    /// Idle on-demand environments by version.
    pub idle: Vec<IdlePool>,
    /// Once something has been asked for.
    pub provisioned: Vec<ProvisionedPool>,
    /// P(f): what was asked for over all pools (CONC-10).
    pub provisioned_requested: u32,
    pub provisioned_key: StreamKey,
    /// Busy on-demand environments.
    pub on_demand: u32,
    /// What runs and will end plainly; `None` where every end is an event.
    pub in_flight: Option<Box<InFlight>>,
    pub scaling: Bucket,
    pub growth: Option<Box<RequestGrowth>>,
    /// Requests per second that its reservation allows (RPS-2).
    pub requests: RequestRate,
    created: u64,
    /// No environment comes to the end of its maximum life before this instant.
    pub earliest_death: SimTime,
    /// Idle environments looked at since that was found out.
    looked_for_dead: usize,
    /// Whether environments hold something that all functions share (EFS-2, VPC-6).
    pub holds: bool,
    pub interfaces: Interfaces,
    /// What environments hold whose extensions still shut down.
    pub closing: Slab<Held>,
    /// By version; empty where none can fall dormant.
    pub wakefulness: Vec<Wakefulness>,
}

/// What its caller must know of an attempt that runs. Small, because it is handed back for every invocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub environment: u32,
    /// When the environment is free again.
    pub until: SimTime,
    /// When the caller has the answer.
    pub answered: SimTime,
    /// Whether it ends before the run does.
    pub completes: bool,
    /// What the caller is told.
    pub verdict: Verdict,
    pub start_kind: StartKind,
}

/// Where an admitted attempt runs.
#[derive(Clone, Copy, Debug)]
struct Admission {
    version: VersionId,
    /// `None`: a new on-demand environment is created.
    environment: Option<u32>,
    start_kind: StartKind,
    spilled: bool,
    /// What a new environment holds, and what making a network interface adds to its placement (VPC-6).
    held: Held,
    interface: Span,
}

/// Which environment serves an attempt, and how it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Serving {
    pub environment: u32,
    pub version: VersionId,
    pub start_kind: StartKind,
    pub spilled: bool,
}

impl FunctionConfig {
    /// Whether environments hold something that all functions share (EFS-2, VPC-6).
    pub(super) fn holds(&self) -> bool {
        let mut equipment = self.versions.iter().filter_map(|version| version.equipment.as_deref());
        equipment.any(Equipment::holds)
    }

    /// Whether it begins with provisioned concurrency.
    pub(super) fn provides(&self) -> bool {
        self.qualifiers.iter().any(|qualifier| qualifier.provisioned > 0)
    }
}

impl Function {
    pub fn new(
        id: FunctionId,
        config: &Arc<FunctionConfig>,
        account: &AccountConfig,
        provisioned_key: StreamKey,
    ) -> Function {
        let shape = account.rate_shape;
        let idle = |version: &super::config::VersionConfig| {
            IdlePool::new(IdleLife::new(version.idle.as_ref()), config.turnaround)
        };
        Function {
            id,
            config: Arc::clone(config),
            environments: Environments::default(),
            waiting: Shelf::new(),
            allocating: Slab::new(),
            idle: config.versions.iter().map(idle).collect(),
            provisioned: Vec::new(),
            provisioned_requested: 0,
            provisioned_key,
            on_demand: 0,
            in_flight: None,
            scaling: Bucket::new(SCALING_CAPACITY, SCALING_PER_MINUTE),
            growth: account.request_growth.then(|| Box::new(RequestGrowth::new())),
            requests: RequestRate::new(shape, config.reserved.unwrap_or(0)),
            created: 0,
            earliest_death: SimTime::MAX,
            looked_for_dead: 0,
            holds: config.holds(),
            interfaces: Interfaces::default(),
            closing: Slab::new(),
            wakefulness: Function::states_at_start(config, provisioned_key),
        }
    }

    /// Steps 4 to 14 of the admission order (lambda-model §3.5) for one attempt of `task`: it runs, or the cause of
    /// its refusal comes back.
    pub fn invoke<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Result<Started, Denial> {
        let flow = &cx.flows[task.flow.index()];
        let version = self.route(task, flow);
        if cx.observer.follows(task.flow, task.ordinal) {
            let look = self.look(now, version, task, flow, cx.account, cx.flows);
            cx.observer.looked(&look);
        }
        if !self.wakefulness.is_empty() {
            self.check_state(now, version, task, flow)?;
        }
        let admission = self.admit(now, task, version, flow, cx)?;
        Ok(self.run(now, task, admission, flow, cx))
    }

    /// Step 4: the version behind a qualifier (ALIAS-3). All attempts at an event meet the draw of the first (ALIAS-4).
    pub fn route(&self, task: &Task, flow: &FlowConfig) -> VersionId {
        let qualifier = &self.config.qualifiers[flow.qualifier.index()];
        if qualifier.additional.is_none() {
            return qualifier.version;
        }
        let keeps_draw = flow.invocation_type == InvocationType::Event && !self.config.redraw_on_retry;
        let attempt = if keeps_draw { 0 } else { task.attempt };
        qualifier.drawn_version(flow.key.draw(task.ordinal, attempt, Purpose::Fate).second)
    }

    /// The busiest second of its request rate, and how far its scaling rate was used.
    pub fn peaks(&self) -> FunctionPeaks {
        FunctionPeaks {
            requests: self.requests.peak(),
            scaling: self.scaling.peak(),
        }
    }

    /// Peaks begin anew at `now`.
    pub fn begin_peaks(&mut self, now: SimTime) {
        self.requests.begin_peak(now);
        self.scaling.begin_peak(now);
    }

    /// Steps 6 to 13.
    fn admit<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        version: VersionId,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> Result<Admission, Denial> {
        if self.config.reserved == Some(0) {
            return Err(Cause::ReservedZero.into());
        }
        let rated = flow.invocation_type != InvocationType::Event;
        if rated && !cx.account.take_request(now) {
            return Err(Cause::AccountRate.into());
        }
        let rated_here = rated && self.config.reserved.is_some();
        if rated_here && !self.requests.take(now) {
            cx.account.refund_request();
            return Err(Cause::ReservedRate.into());
        }
        let admitted = self.find_environment(now, task, version, flow, cx);
        if admitted.is_err() && rated {
            cx.account.refund_request();
            if rated_here && cx.account.refunds() {
                self.requests.give_back();
            }
        }
        admitted
    }

    /// Steps 9 to 13: provisioned, else a slot of the pool and an idle environment, else leave to create one.
    fn find_environment<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        version: VersionId,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> Result<Admission, Denial> {
        let mut spilled = false;
        let mut provisioned = None;
        if self.provisioned_requested > 0 {
            let here = |pool: &ProvisionedPool| pool.qualifier == flow.qualifier;
            let pool = self.pool_of(flow.qualifier, version);
            provisioned = pool.and_then(|pool| self.take_provisioned(now, pool, task, flow, cx.flows));
            spilled = self.provisioned.iter().any(|pool| here(pool) && pool.requested > 0);
        }
        if let Some(environment) = provisioned {
            return Ok(Admission {
                version,
                environment: Some(environment),
                start_kind: StartKind::Provisioned,
                spilled: false,
                held: Held::default(),
                interface: Span::ZERO,
            });
        }
        if self.growth.as_mut().is_some_and(|growth| !growth.take(now)) {
            return Err(Cause::ScalingRate.into());
        }
        self.take_slot(cx.account)?;
        if let Some(environment) = self.take_idle(now, version, task, flow, cx) {
            return Ok(Admission {
                version,
                environment: Some(environment),
                start_kind: StartKind::Warm,
                spilled,
                held: Held::default(),
                interface: Span::ZERO,
            });
        }
        if !self.scaling_allows(now, cx.account) {
            self.give_slot_back(cx.account);
            return Err(Cause::ScalingRate.into());
        }
        let equipped = self.equip(version, task, flow, &mut cx.account.resources);
        if equipped.is_err() {
            self.give_slot_back(cx.account);
        }
        let (held, interface) = equipped?;
        Ok(Admission {
            version,
            environment: None,
            start_kind: match self.config.versions[version.index()].restores() {
                true => StartKind::SnapStart,
                false => StartKind::Cold,
            },
            spilled,
            held,
            interface,
        })
    }

    /// Step 9 (RPS-3).
    fn take_provisioned(
        &mut self,
        now: SimTime,
        pool: usize,
        task: &Task,
        flow: &FlowConfig,
        flows: &[FlowConfig],
    ) -> Option<u32> {
        let pool = &mut self.provisioned[pool];
        if pool.busy >= pool.ready || !pool.rate.take(now) {
            return None;
        }
        let random = || {
            flow.key
                .draw(task.ordinal, task.attempt, Purpose::EnvironmentPick)
                .first
        };
        let residents = Inhabitants {
            environments: &self.environments,
            flows,
        };
        let entry = pool.idle.pick(now, self.config.env_pick, random, &residents, |_, _| {});
        match entry {
            Some(entry) => {
                pool.busy += 1;
                Some(entry.environment())
            }
            None => {
                pool.rate.give_back();
                None
            }
        }
    }

    /// Step 10 (CONC-6, CONC-7).
    pub fn take_slot(&mut self, account: &mut Account) -> Result<(), Cause> {
        match self.config.reserved {
            Some(reserved) => {
                if self.on_demand >= reserved.saturating_sub(self.provisioned_requested) {
                    return Err(Cause::ReservedConcurrency);
                }
            }
            None => account.take_slot()?,
        }
        self.on_demand += 1;
        Ok(())
    }

    /// So many slots are taken that there are ([`Function::admits_together`]), and so many given back.
    pub fn take_and_give_back(&mut self, taken: u64, given_back: u64, account: &mut Account) {
        self.on_demand = self.on_demand + taken as u32 - given_back as u32;
        if self.config.reserved.is_none() {
            account.take_and_give_back(taken, given_back);
        }
    }

    fn give_slot_back(&mut self, account: &mut Account) {
        self.take_and_give_back(0, 1, account);
    }

    /// Step 11 (LIFE-16).
    #[inline]
    fn take_idle<O: Observer>(
        &mut self,
        now: SimTime,
        version: VersionId,
        task: &Task,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> Option<u32> {
        let idle = &mut self.idle[version.index()];
        let environments = &self.environments;
        let alive = |entry: &&IdleEntry| environments[entry.environment()].death > now;
        if self.config.env_pick == EnvPick::MostRecentlyUsed && idle.latest(now).filter(alive).is_some() {
            return idle.pop().map(|entry| entry.environment());
        }
        self.search_idle(now, version, task, flow, cx)
    }

    /// The same where the one that became idle last does not do.
    #[inline(never)]
    fn search_idle<O: Observer>(
        &mut self,
        now: SimTime,
        version: VersionId,
        task: &Task,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> Option<u32> {
        let residents = Inhabitants {
            environments: &self.environments,
            flows: cx.flows,
        };
        let mut gone = Vec::new();
        let random = || {
            flow.key
                .draw(task.ordinal, task.attempt, Purpose::EnvironmentPick)
                .first
        };
        let entry = self.idle[version.index()].pick(now, self.config.env_pick, random, &residents, |entry, end| {
            gone.push((entry.environment(), end))
        });
        for (environment, end) in gone {
            self.retire(end, environment, cx);
        }
        entry.map(|entry| entry.environment())
    }

    /// Step 12 (SCALE-1, SCALE-6).
    fn scaling_allows(&mut self, now: SimTime, account: &mut Account) -> bool {
        if account.config.scaling == super::config::ScalingRule::PerFunction {
            self.scaling.take(now)
        } else {
            account.take_burst(now)
        }
    }

    /// Step 14: everything about the attempt is settled now and told at once.
    fn run<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        admission: Admission,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> Started {
        let version = &self.config.versions[admission.version.index()];
        let readiness = match admission.environment {
            None => Readiness::New,
            Some(environment) => self.environments[environment].readiness(),
        };
        let mut execution = Execution::of(task, version, readiness, flow.key);
        execution.placement = execution.placement.saturating_add(admission.interface);
        if !self.config.uses.is_empty() {
            let asking = Asking {
                function: self.id,
                arrived: task.arrived,
                now,
                timeout: version.timeout,
                uses: &self.config.uses,
            };
            budget::meet(&asking, &mut cx.account.budgets, &mut execution, cx.observer);
        }
        let response = match flow.sized {
            true => cx
                .transfer(flow.traffic)
                .and_then(|transfer| execution.respond(transfer, task, version, readiness, flow.key)),
            false => None,
        };
        if version.equipment.is_some() {
            execution.move_files(now, task, version, &mut cx.account.resources, flow.key);
            execution.extend(task, version, flow.key);
        }
        let environment = match admission.environment {
            Some(environment) => environment,
            None => self.create(now, &admission, task, flow, cx),
        };
        let serving = Serving {
            environment,
            version: admission.version,
            start_kind: admission.start_kind,
            spilled: admission.spilled,
        };
        let attempt = self.begin(now, task, &serving, &execution, cx);
        self.begin_flight(attempt.end, environment, flow.traffic, cx);
        cx.observer
            .slot(now, self.pool(flow.qualifier, attempt.start_kind), true);
        cx.observer.ran(&attempt);
        if let Some(response) = response {
            cx.observer.streamed(&response.told(&attempt));
        }
        Started {
            environment,
            until: attempt.end,
            answered: attempt.answered,
            completes: attempt.completes,
            verdict: execution.told(),
            start_kind: attempt.start_kind,
        }
    }

    /// The end of what an environment serves becomes an event.
    #[inline]
    pub fn schedule_release<O: Observer>(&mut self, end: SimTime, environment: u32, cx: &mut Context<O>) {
        let order = self.environments.order(environment);
        let event = Event::Released(environment).pack(self.id);
        cx.agenda.schedule_in_order(end, order, event);
    }

    /// The environment is busy from now on; its end is not scheduled yet. Returns what there is to tell of the attempt.
    #[inline(always)]
    pub fn begin<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        serving: &Serving,
        execution: &Execution,
        cx: &mut Context<O>,
    ) -> Attempt {
        let flow = &cx.flows[task.flow.index()];
        let end = now.saturating_add(execution.busy());
        let environment = self.environments.get_mut(serving.environment);
        environment.reset = matches!(execution.verdict, Verdict::Timeout | Verdict::Crash);
        (environment.busy, environment.start_kind, environment.verdict) = (true, serving.start_kind, execution.told());
        environment.order = cx.agenda.next_order(Class::Completion);
        environment.task = *task;
        environment.fresh = false;
        if !environment.used {
            environment.used = true;
            cx.observer.environment_used(now, self.id);
        }
        let number = environment.number;
        if let Some(ledger) = &mut cx.account.ledger {
            let waited = flow.invocation_type == InvocationType::Event || task.attempt > 0 || task.arrived < now;
            ledger.slots.take(now, end, !waited, self.config.reserved.is_some());
        }
        let account = &cx.account;
        let mut billed_ms = account.billed_ms(execution.billed_init.saturating_add(execution.duration));
        if !execution.billed_restore.is_zero() {
            // SNAP-8: rounded up alone.
            billed_ms += account.billed_ms(execution.billed_restore);
        }
        Attempt {
            flow: task.flow,
            ordinal: task.ordinal,
            attempt: task.attempt,
            function: self.id,
            version: serving.version,
            qualifier: flow.qualifier,
            arrived: task.arrived,
            start: now,
            end,
            answered: self.answered_at(end, execution.extension, task, flow),
            completes: end < cx.horizon,
            verdict: execution.verdict,
            start_kind: serving.start_kind,
            spilled: serving.spilled,
            placement: execution.placement,
            init: execution.init,
            init_abandoned: execution.init_abandoned,
            restore: execution.restore,
            duration: execution.duration,
            extension: execution.extension,
            billed_ms,
            billed_init_ms: if execution.billed_init.is_zero() {
                0
            } else {
                billed_ms - account.billed_ms(execution.duration)
            },
            environment: number,
        }
    }

    /// PLACING begins: a new on-demand environment.
    fn create<O: Observer>(
        &mut self,
        now: SimTime,
        admission: &Admission,
        task: &Task,
        flow: &FlowConfig,
        cx: &mut Context<O>,
    ) -> u32 {
        self.settle(now, cx);
        let version = admission.version;
        let max_life = self.config.versions[version.index()].max_life.as_ref();
        let life = || flow.key.draw(task.ordinal, task.attempt, Purpose::Life).second;
        let death = max_life.map_or(SimTime::MAX, |max_life| now.saturating_add(max_life.sample(life())));
        cx.observer.environment(now, self.id, true);
        self.insert(now, death, version, *task, None, admission.held)
    }

    pub fn insert(
        &mut self,
        now: SimTime,
        death: SimTime,
        version: VersionId,
        task: Task,
        provisioned: Option<QualifierId>,
        held: Held,
    ) -> u32 {
        let number = self.created;
        self.created += 1;
        self.earliest_death = self.earliest_death.min(death);
        let environment = Environment {
            number,
            created: now,
            death,
            version,
            provisioned,
            reset: false,
            fresh: provisioned.is_some(),
            used: false,
            busy: false,
            order: 0,
            held,
            start_kind: StartKind::None,
            verdict: Verdict::Ok,
            task,
        };
        self.environments.insert(environment)
    }

    /// Other functions must not find taken what an idle environment holds beyond its end.
    fn schedule_expiry<O: Observer>(&self, version: VersionId, entry: &IdleEntry, cx: &mut Context<O>) {
        let residents = Inhabitants {
            environments: &self.environments,
            flows: cx.flows,
        };
        let end = self.idle[version.index()].end_of(entry, &residents);
        if end < SimTime::MAX {
            cx.agenda.schedule(end, Class::Expiry, Event::Expired.pack(self.id));
        }
    }

    /// Ends idle environments whose time is over, so that what exists can be counted.
    pub fn settle<O: Observer>(&mut self, now: SimTime, cx: &mut Context<O>) {
        let some_died = self.earliest_death <= now;
        for version in 0..self.idle.len() {
            if !some_died && !self.idle[version].may_have_ended(now) {
                continue;
            }
            let residents = Inhabitants {
                environments: &self.environments,
                flows: cx.flows,
            };
            let mut gone = Vec::new();
            self.looked_for_dead +=
                self.idle[version].settle(now, &residents, |entry, end| gone.push((entry.environment(), end)));
            for (environment, end) in gone {
                self.retire(end, environment, cx);
            }
        }
        // Whoever is busy may die next as well. All are looked at only as often as that costs no more than the looks above.
        if some_died && self.looked_for_dead >= self.environments.len() {
            let deaths = self.environments.iter().map(|environment| environment.death);
            self.earliest_death = deaths.min().unwrap_or(SimTime::MAX);
            self.looked_for_dead = 0;
        }
    }

    /// BUSY → IDLE, or the end of an environment past its maximum life (LIFE-13). Returns what it has finished, if anything
    /// follows from that.
    #[inline]
    pub fn release<O: Observer>(&mut self, now: SimTime, index: u32, cx: &mut Context<O>) -> Option<Finished> {
        let environment = self.environments.get_mut(index);
        environment.busy = false;
        let flow = &cx.flows[environment.task.flow.index()];
        let plainly_ended = self.config.invokes.is_empty()
            && flow.invocation_type == InvocationType::RequestResponse
            && flow.mapping.is_none()
            && !cx.clients[flow.traffic.index()].remembers_success();
        let finished = (!plainly_ended).then(|| environment.finished());
        let entry = IdleEntry::served(index, now);
        let (version, kind, death) = (environment.version, environment.pool_kind(), environment.death);
        cx.observer.slot(now, self.pool(flow.qualifier, kind), false);
        cx.account.note_given_back(now, self.config.reserved.is_some());
        if kind == StartKind::Provisioned {
            self.return_provisioned(now, entry, flow.qualifier, version, cx);
            return finished;
        }
        self.give_slot_back(cx.account);
        if death <= now {
            self.retire(now, index, cx);
            return finished;
        }
        self.idle[version.index()].push(entry, death);
        if self.holds {
            self.schedule_expiry(version, &entry, cx);
        }
        finished
    }

    /// Tells a refused attempt. At reserved concurrency 0 an event's attempt is refused without being a throttle (ASYNC-9).
    pub fn tell_refusal<O: Observer>(&self, now: SimTime, task: &Task, denial: Denial, cx: &mut Context<O>) {
        let cause = match denial {
            Denial::Throttle(cause) => cause,
            Denial::Refused(code) => return self.tell_rejection(now, task, code, cx),
        };
        let flow = &cx.flows[task.flow.index()];
        let reason = match cause {
            Cause::AccountConcurrency => Reason::ConcurrentInvocationLimitExceeded,
            Cause::ReservedConcurrency | Cause::ReservedZero => {
                Reason::ReservedFunctionConcurrentInvocationLimitExceeded
            }
            Cause::ScalingRate => cx.account.config.scaling_reason,
            Cause::AccountRate => cx.account.config.account_rate_reason,
            Cause::ReservedRate => Reason::ReservedFunctionInvocationRateLimitExceeded,
        };
        let counted = cause != Cause::ReservedZero || flow.invocation_type != InvocationType::Event;
        self.tell_refused(
            now,
            task,
            counted.then_some((reason, cause)),
            ErrorCode::TooManyRequests,
            cx,
        );
    }

    /// Tells an attempt refused other than by 429 (steps 1, 2, 5 and 13 of the admission order).
    pub fn tell_rejection<O: Observer>(&self, now: SimTime, task: &Task, code: ErrorCode, cx: &mut Context<O>) {
        self.tell_refused(now, task, None, code, cx);
    }

    #[inline]
    fn tell_refused<O: Observer>(
        &self,
        now: SimTime,
        task: &Task,
        throttle: Option<(Reason, Cause)>,
        code: ErrorCode,
        cx: &mut Context<O>,
    ) {
        cx.observer.refused(&Refusal {
            flow: task.flow,
            ordinal: task.ordinal,
            attempt: task.attempt,
            function: self.id,
            qualifier: cx.flows[task.flow.index()].qualifier,
            arrived: task.arrived,
            time: now,
            throttle,
            code,
        });
    }

    /// Puts `task` aside until `time`.
    #[inline]
    pub fn wait<O: Observer>(&mut self, time: SimTime, task: Task, wake: Wake, cx: &mut Context<O>) {
        if cx.observer.follows(task.flow, task.ordinal) {
            cx.observer.waits(&wake.told(&task, time));
        }
        let index = self.waiting.insert(PutAside { task, wake });
        cx.agenda
            .schedule(time, Class::Timer, Event::Woken(index).pack(self.id));
    }

    /// The number of the next environment.
    pub fn next_number(&self) -> u64 {
        self.created
    }

    #[inline]
    pub fn pool(&self, qualifier: QualifierId, kind: StartKind) -> Pool {
        Pool {
            function: self.id,
            qualifier,
            provisioned: kind == StartKind::Provisioned,
            reserved: self.config.reserved.is_some(),
        }
    }

    /// When the caller of `task`'s current attempt has the answer: extensions go on without it (LIFE-8), overhead is added
    /// (COLD-1). Nobody waits for that of an event.
    #[inline]
    pub fn answered_at(&self, end: SimTime, extension: Span, task: &Task, flow: &FlowConfig) -> SimTime {
        if flow.invocation_type == InvocationType::Event {
            return end;
        }
        let draw = || flow.key.draw(task.ordinal, task.attempt, Purpose::Overhead).first;
        let overhead = self
            .config
            .overhead
            .as_constant()
            .unwrap_or_else(|| self.config.overhead.sample(draw()));
        SimTime::from_micros(end.as_micros() - extension.as_micros()).saturating_add(overhead)
    }
}

/// The environments of one function, as its idle pools ask for them.
pub(super) struct Inhabitants<'a> {
    pub environments: &'a Environments,
    pub flows: &'a [FlowConfig],
}

impl Residents for Inhabitants<'_> {
    fn number(&self, environment: u32) -> u64 {
        self.environments[environment].number
    }

    fn death(&self, environment: u32) -> SimTime {
        self.environments[environment].death
    }

    /// That of the invocation it served last.
    fn idle_draw(&self, environment: u32) -> u64 {
        let task = self.environments.task(environment);
        let key = self.flows[task.flow.index()].key;
        key.draw(task.ordinal, task.attempt, Purpose::Life).first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_function_takes_little_room() {
        // A million of them are to fit (docs/trust.md): what only some functions have belongs behind a pointer.
        assert!(size_of::<Function>() <= 480, "{}", size_of::<Function>());
        assert!(size_of::<IdlePool>() <= 120, "{}", size_of::<IdlePool>());
    }
}
