use std::sync::Arc;

use super::config::RateShape;
use super::environment::{Environment, IdleEntry};
use super::equipment::Held;
use super::execution::init_ahead;
use super::function::{Context, Event, Function};
use super::provisioned_pool::{ProvisionedPool, divide};
use super::task::Task;
use crate::facts::{Observer, QualifierId, VersionId};
use crate::kernel::Class;
use crate::kernel::draws::Purpose;
use crate::units::{Share, SimTime, Span};

/// Why provisioned concurrency was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionError {
    /// Only published versions and aliases can have it (PC-1).
    OnLatest,
    /// More than the function's reserved concurrency (CONC-9).
    AboveReserved,
    /// Less than 100 would stay unreserved (CONC-8).
    AboveUnreserved,
    /// The alias sends a share of its invocations to a second version (PC-8).
    WhileRouting,
}

impl ProvisionError {
    /// In words, with the rule.
    pub const fn reason(self) -> &'static str {
        match self {
            ProvisionError::OnLatest => "$LATEST cannot have provisioned concurrency (PC-1)",
            ProvisionError::AboveReserved => "it is more than the function has reserved (CONC-9)",
            ProvisionError::AboveUnreserved => "less than 100 would stay unreserved (CONC-8)",
            ProvisionError::WhileRouting => "the alias has a second version (PC-8)",
        }
    }
}

impl Function {
    /// Everything configured is READY at the start, its INIT not billed (contract §2.5, PRICE-9).
    pub fn start_provisioned<O: Observer>(&mut self, cx: &mut Context<O>) {
        for index in 0..self.config.qualifiers.len() {
            let qualifier = QualifierId(index as u16);
            let amount = self.config.qualifiers[index].provisioned;
            if amount == 0 {
                continue;
            }
            for (version, part) in divide(&self.config.qualifiers[index], amount) {
                let pool = self.ensure_pool(qualifier, version, cx.account.config.rate_shape);
                self.ask(pool, part);
                self.add_ready(SimTime::ZERO, pool, part, cx);
            }
            cx.observer
                .provisioned(SimTime::ZERO, self.id, qualifier, amount, amount);
        }
    }

    /// `PutProvisionedConcurrencyConfig` during the run (PC-4, PC-5). Refused where the pool cannot supply it (PC-9).
    pub fn set_provisioned<O: Observer>(
        &mut self,
        now: SimTime,
        qualifier: QualifierId,
        amount: u32,
        cx: &mut Context<O>,
    ) -> Result<(), ProvisionError> {
        let config = &self.config.qualifiers[qualifier.index()];
        if config.name.is_none() {
            return Err(ProvisionError::OnLatest);
        }
        if config.additional.is_some() {
            return Err(ProvisionError::WhileRouting);
        }
        let (before, _) = self.provisioned_of(qualifier);
        let elsewhere = self.provisioned_requested - before;
        match self.config.reserved {
            Some(reserved) if elsewhere + amount > reserved => return Err(ProvisionError::AboveReserved),
            Some(_) => {}
            None if amount > before && !cx.account.fits_provisioned(amount - before) => {
                return Err(ProvisionError::AboveUnreserved);
            }
            None => cx.account.claim_provisioned(before, amount),
        }
        self.divide_provisioned(now, qualifier, amount, cx);
        Ok(())
    }

    /// `UpdateAlias`: from `now` on the alias stands for `version`, and for `additional` with its weight. Its provisioned
    /// concurrency goes with it: what the versions no longer need goes at once, what they need comes as PC-4 says (PC-7,
    /// PC-8).
    pub fn set_routing<O: Observer>(
        &mut self,
        now: SimTime,
        qualifier: QualifierId,
        version: VersionId,
        additional: Option<(VersionId, Share)>,
        cx: &mut Context<O>,
    ) {
        let config = &mut Arc::make_mut(&mut self.config).qualifiers[qualifier.index()];
        (config.version, config.additional) = (version, additional);
        cx.observer.routed(now, self.id, qualifier, version, additional);
        let (amount, _) = self.provisioned_of(qualifier);
        if amount > 0 {
            self.divide_provisioned(now, qualifier, amount, cx);
        }
    }

    /// Provisioned environments of a qualifier: asked for, and ready.
    pub fn provisioned_of(&self, qualifier: QualifierId) -> (u32, u32) {
        let pools = self.provisioned.iter().filter(|pool| pool.qualifier == qualifier);
        pools.fold((0, 0), |sum, pool| (sum.0 + pool.requested, sum.1 + pool.ready))
    }

    /// Gives each version of a qualifier its part of `amount`, and others nothing.
    fn divide_provisioned<O: Observer>(
        &mut self,
        now: SimTime,
        qualifier: QualifierId,
        amount: u32,
        cx: &mut Context<O>,
    ) {
        let parts = divide(&self.config.qualifiers[qualifier.index()], amount);
        for (version, _) in &parts {
            self.ensure_pool(qualifier, *version, cx.account.config.rate_shape);
        }
        for pool in 0..self.provisioned.len() {
            if self.provisioned[pool].qualifier != qualifier {
                continue;
            }
            let version = self.provisioned[pool].version;
            let part = parts.iter().find(|(of, _)| *of == version).map_or(0, |(_, part)| *part);
            let requested = self.ask(pool, part);
            if part > requested {
                self.allocate(now, pool, part - requested, cx);
            } else {
                self.remove_surplus(now, pool, cx);
            }
        }
        self.tell_provisioned(now, qualifier, cx);
    }

    /// The pool of a qualifier's version, which there is from now on.
    fn ensure_pool(&mut self, qualifier: QualifierId, version: VersionId, shape: RateShape) -> usize {
        self.pool_of(qualifier, version).unwrap_or_else(|| {
            let turnaround = self.config.turnaround;
            self.provisioned
                .push(ProvisionedPool::new(qualifier, version, shape, turnaround));
            self.provisioned.len() - 1
        })
    }

    /// Asks for `amount` environments of a pool; returns what was asked for before.
    fn ask(&mut self, pool: usize, amount: u32) -> u32 {
        let before = std::mem::replace(&mut self.provisioned[pool].requested, amount);
        self.provisioned_requested = self.provisioned_requested - before + amount;
        before
    }

    /// PC-4: an increment becomes usable as a block, after delay, allocation (before SW-SCALE from the burst, PC-12) and the last
    /// environment's INIT.
    fn allocate<O: Observer>(&mut self, now: SimTime, pool: usize, count: u32, cx: &mut Context<O>) {
        let allocation = self.config.allocation;
        let filling = cx.account.reserve_burst(now, count).unwrap_or_else(|| {
            let micros = count as u64 * 60_000_000 / allocation.per_minute.max(1) as u64;
            Span::from_micros(micros)
        });
        let version = self.provisioned[pool].version;
        let last = self.next_number() + count as u64 - 1;
        let init = init_ahead(&self.config.versions[version.index()], self.provisioned_key, last, 0);
        let ready = now
            .saturating_add(allocation.delay)
            .saturating_add(filling)
            .saturating_add(init);
        let increment = self.allocating.insert((pool, count)) as u32;
        cx.agenda
            .schedule(ready, Class::Ready, Event::Allocated(increment).pack(self.id));
    }

    /// An increment is ready: as much of it as is still wanted.
    pub fn allocated<O: Observer>(&mut self, now: SimTime, increment: u32, cx: &mut Context<O>) {
        let (pool, count) = self.allocating.remove(increment as usize);
        let wanted = self.provisioned[pool]
            .requested
            .saturating_sub(self.provisioned[pool].ready)
            .min(count);
        let (qualifier, version) = (self.provisioned[pool].qualifier, self.provisioned[pool].version);
        for number in self.next_number()..self.next_number() + wanted as u64 {
            let init = init_ahead(&self.config.versions[version.index()], self.provisioned_key, number, 0);
            cx.observer.provisioned_init(now, self.id, qualifier, version, init);
        }
        self.add_ready(now, pool, wanted, cx);
        self.tell_provisioned(now, qualifier, cx);
    }

    fn add_ready<O: Observer>(&mut self, now: SimTime, pool: usize, count: u32, cx: &mut Context<O>) {
        for _ in 0..count {
            let version = self.provisioned[pool].version;
            let held = self.hold(version, &mut cx.account.resources);
            let held = held.map_or(Held::default(), |(held, _)| held);
            let index = self.insert(
                now,
                SimTime::MAX,
                version,
                Task::none(),
                Some(self.provisioned[pool].qualifier),
                held,
            );
            let entry = IdleEntry::fresh(index, now);
            self.provisioned[pool].idle.push(entry, SimTime::MAX);
            cx.observer.environment(now, self.id, true);
        }
        let pool = &mut self.provisioned[pool];
        pool.set_ready(now, pool.ready + count);
    }

    /// Decreases take idle environments at once; busy ones go when they are released (PC-5).
    fn remove_surplus<O: Observer>(&mut self, now: SimTime, pool: usize, cx: &mut Context<O>) {
        while self.provisioned[pool].ready > self.provisioned[pool].requested {
            let Some(entry) = self.provisioned[pool].idle.pop() else {
                break;
            };
            let left = self.provisioned[pool].ready - 1;
            self.provisioned[pool].set_ready(now, left);
            self.end_provisioned(now, entry.environment(), cx);
        }
    }

    /// A provisioned environment's invocation is over.
    pub fn return_provisioned<O: Observer>(
        &mut self,
        now: SimTime,
        entry: IdleEntry,
        qualifier: QualifierId,
        version: VersionId,
        cx: &mut Context<O>,
    ) {
        let index = self.pool_of(qualifier, version);
        let pool = &mut self.provisioned[index.expect("what is provisioned belongs to a pool")];
        pool.busy -= 1;
        if pool.ready > pool.requested {
            pool.set_ready(now, pool.ready - 1);
            self.end_provisioned(now, entry.environment(), cx);
            self.tell_provisioned(now, qualifier, cx);
        } else {
            pool.idle.push(entry, SimTime::MAX);
        }
    }

    fn end_provisioned<O: Observer>(&mut self, now: SimTime, environment: u32, cx: &mut Context<O>) {
        self.tell_recycling(&self.environments[environment], now, cx);
        self.retire(now, environment, cx);
    }

    /// LIFE-18: a provisioned environment is replaced at each end of its maximum life, unseen but for the billed INIT
    /// (PRICE-8). `end` is when it was removed, or the end of the run.
    pub fn tell_recycling<O: Observer>(&self, environment: &Environment, end: SimTime, cx: &mut Context<O>) {
        let version = &self.config.versions[environment.version.index()];
        let Some(max_life) = &version.max_life else { return };
        let Some(qualifier) = environment.provisioned else {
            return;
        };
        let mut time = environment.created;
        for generation in 1.. {
            let life = self
                .provisioned_key
                .draw(environment.number, generation, Purpose::Life)
                .second;
            time = time.saturating_add(max_life.sample(life).max(Span::from_secs(1)));
            if time >= end {
                return;
            }
            let init = init_ahead(version, self.provisioned_key, environment.number, generation);
            cx.observer
                .provisioned_init(time, self.id, qualifier, environment.version, init);
        }
    }

    fn tell_provisioned<O: Observer>(&self, now: SimTime, qualifier: QualifierId, cx: &mut Context<O>) {
        let (requested, ready) = self.provisioned_of(qualifier);
        cx.observer.provisioned(now, self.id, qualifier, requested, ready);
    }

    /// The pool of a qualifier's version, if something has been asked for it.
    pub fn pool_of(&self, qualifier: QualifierId, version: VersionId) -> Option<usize> {
        self.provisioned
            .iter()
            .position(|pool| pool.qualifier == qualifier && pool.version == version)
    }
}
