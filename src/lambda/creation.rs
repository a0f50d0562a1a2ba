use super::config::{FlowConfig, FunctionConfig, VersionConfig};
use super::equipment::{Equipment, Held, Network};
use super::execution::init_ahead;
use super::function::{Context, Event, Function};
use super::resources::Resources;
use super::task::Task;
use super::wakefulness::Wakefulness;
use crate::facts::{ErrorCode, Observer, VersionId};
use crate::kernel::Class;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

/// Stands for the attempt in the draws of what follows a publication: environments have generations from 0.
const PUBLICATION: u32 = u32::MAX;
/// Longest loading of the runtime and after-restore hooks (SNAP-4).
const RESTORE_LIMIT: Span = Span::from_secs(10);
/// What making a network interface adds to a cold start, at least and at most (VPC-6).
const INTERFACE_TIME: (Span, Span) = (Span::from_secs(10), Span::from_secs(15));

impl Function {
    /// Step 5: only an Active version serves (STATE-1). An attempt at one that has idled for 14 days is refused, and wakes
    /// it (VPC-4, SNAP-7). Provisioned concurrency keeps a function awake.
    pub fn check_state(
        &mut self,
        now: SimTime,
        version: VersionId,
        task: &Task,
        flow: &FlowConfig,
    ) -> Result<(), ErrorCode> {
        let config = &self.config.versions[version.index()];
        let state = &mut self.wakefulness[version.index()];
        state.check(now)?;
        let Some(dormancy) = config
            .equipment
            .as_ref()
            .and_then(|equipment| equipment.dormancy.as_ref())
        else {
            return Ok(());
        };
        if self.provisioned_requested > 0 || state.invoke(now) {
            return Ok(());
        }
        let draw = flow.key.draw(task.ordinal, task.attempt, Purpose::Attachment);
        let mut recovery = dormancy.pending.sample(draw.second);
        if dormancy.rebuilds {
            recovery = recovery.saturating_add(init_ahead(config, flow.key, task.ordinal, task.attempt));
        }
        state.recover(now.saturating_add(recovery));
        Err(dormancy.error)
    }

    /// The states of all versions at the start; empty where each of them is Active throughout.
    pub fn states_at_start(config: &FunctionConfig, key: StreamKey) -> Vec<Wakefulness> {
        let changing = |equipment: &Equipment| equipment.dormancy.is_some() || equipment.publication.is_some();
        if !config
            .versions
            .iter()
            .any(|version| version.equipment.as_deref().is_some_and(changing))
        {
            return Vec::new();
        }
        let state = |(number, version): (u64, &VersionConfig)| {
            let Some(publication) = version
                .equipment
                .as_ref()
                .and_then(|equipment| equipment.publication.as_ref())
            else {
                return Wakefulness::default();
            };
            let draw = key.draw(number, PUBLICATION, Purpose::Attachment);
            let mut pending = publication.pending.sample(draw.second);
            if publication.snapshots {
                pending = pending.saturating_add(init_ahead(version, key, number, PUBLICATION));
            }
            Wakefulness::published(publication.at, pending)
        };
        (0..).zip(&config.versions).map(state).collect()
    }

    /// Step 13: takes what a new environment of the version must hold. Returns it, and what a new network interface adds
    /// to its placement.
    pub fn equip(
        &mut self,
        version: VersionId,
        task: &Task,
        flow: &FlowConfig,
        resources: &mut Resources,
    ) -> Result<(Held, Span), ErrorCode> {
        let Some(equipment) = &self.config.versions[version.index()].equipment else {
            return Ok((Held::default(), Span::ZERO));
        };
        if let Some(snapshot) = &equipment.snapshot {
            let draw = flow.key.draw(task.ordinal, task.attempt, Purpose::Restore);
            if snapshot.billed.sample(draw.second) > RESTORE_LIMIT {
                return Err(ErrorCode::SnapStartTimeout);
            }
        }
        let (held, interface_made) = self.hold(version, resources)?;
        if !interface_made {
            return Ok((held, Span::ZERO));
        }
        let (low, high) = INTERFACE_TIME;
        let uniform = flow.key.draw(task.ordinal, task.attempt, Purpose::Attachment).second as u128;
        let above = (uniform * (high.as_micros() - low.as_micros()) as u128) >> 53;
        Ok((held, low + Span::from_micros(above as u64)))
    }

    /// Takes a connection and a share of a network interface for one environment; all of it or nothing. Also whether an
    /// interface had to be made.
    pub fn hold(&mut self, version: VersionId, resources: &mut Resources) -> Result<(Held, bool), ErrorCode> {
        let config = &self.config.versions[version.index()];
        let mut held = Held::default();
        let Some(equipment) = &config.equipment else {
            return Ok((held, false));
        };
        if equipment.network == Some(Network::Shared(0)) {
            return Err(ErrorCode::SubnetIpAddressLimitReached);
        }
        if let Some(mount) = &equipment.mount {
            if !resources.connect(mount.file_system) {
                return Err(ErrorCode::EfsMountConnectivity);
            }
            held.file_system = Some(mount.file_system);
        }
        let Some(Network::Sliced { subnets }) = &equipment.network else {
            return Ok((held, false));
        };
        match self.interfaces.carry(config.memory.0, subnets, resources) {
            Ok(interface_made) => {
                held.interface_mb = config.memory.0;
                Ok((held, interface_made))
            }
            Err(error) => {
                self.give_up(held, resources);
                Err(error)
            }
        }
    }

    /// The end of an environment. What it holds is free when its extensions have shut down (LIFE-10).
    pub fn retire<O: Observer>(&mut self, end: SimTime, index: u32, cx: &mut Context<O>) {
        let environment = self.environments.remove(index);
        cx.observer.environment(end, self.id, false);
        if environment.held == Held::default() {
            return;
        }
        let equipment = &self.config.versions[environment.version.index()].equipment;
        let extensions = equipment.as_ref().and_then(|equipment| equipment.extensions.as_ref());
        match extensions.map_or(Span::ZERO, |extensions| extensions.shutdown) {
            Span::ZERO => self.give_up(environment.held, &mut cx.account.resources),
            shutdown => {
                let closing = self.closing.insert(environment.held) as u32;
                let done = end.saturating_add(shutdown);
                cx.agenda
                    .schedule(done, Class::Expiry, Event::ShutDown(closing).pack(self.id));
            }
        }
    }

    /// The extensions of an environment that has ended are done.
    pub fn shut_down<O: Observer>(&mut self, closing: u32, cx: &mut Context<O>) {
        let held = self.closing.remove(closing as usize);
        self.give_up(held, &mut cx.account.resources);
    }

    fn give_up(&mut self, held: Held, resources: &mut Resources) {
        if let Some(file_system) = held.file_system {
            resources.disconnect(file_system);
        }
        self.interfaces.release(held.interface_mb, resources);
    }

    /// The equipment of a version has changed: what the function keeps track of follows.
    pub fn refit(&mut self, now: SimTime, version: VersionId) {
        let Some(equipment) = &self.config.versions[version.index()].equipment else {
            return;
        };
        self.holds |= equipment.holds();
        if equipment.dormancy.is_some() && self.wakefulness.is_empty() {
            self.wakefulness = vec![Wakefulness::since(now); self.config.versions.len()];
        }
    }
}
