//! What the checks of the admission order see, for those who ask why: gathered only where somebody follows the arrival.

use super::account::Account;
use super::config::{FlowConfig, ScalingRule};
use super::function::{Function, Inhabitants};
use super::task::Task;
use crate::facts::{EndedEnvironment, IdleEnvironment, InvocationType, Look, ProvisionedRoom, Slots, VersionId};
use crate::units::SimTime;

impl Function {
    /// What an attempt of `task` at `version` meets, before any of the checks.
    #[cold]
    pub fn look(
        &self,
        now: SimTime,
        version: VersionId,
        task: &Task,
        flow: &FlowConfig,
        account: &Account,
        flows: &[FlowConfig],
    ) -> Look {
        let mut idle = Vec::new();
        let mut ended: Option<EndedEnvironment> = None;
        let residents = Inhabitants {
            environments: &self.environments,
            flows,
        };
        let pool = &self.idle[version.index()];
        for (entry, end) in pool.entries(&residents) {
            let environment = &self.environments[entry.environment()];
            if end <= now {
                ended = ended.max_by_end(EndedEnvironment {
                    number: environment.number,
                    since: entry.since,
                    end,
                    aged: end == environment.death,
                });
            } else if pool.usable(&entry) <= now {
                idle.push(IdleEnvironment {
                    number: environment.number,
                    since: entry.since,
                    reset: environment.reset,
                });
            }
        }
        let busy = self
            .environments
            .iter()
            .filter(|one| one.busy && one.version == version);
        let is_shared = account.config.scaling != ScalingRule::PerFunction;
        Look {
            time: now,
            flow: task.flow,
            ordinal: task.ordinal,
            attempt: task.attempt,
            function: self.id,
            qualifier: flow.qualifier,
            version,
            additional: self.config.qualifiers[flow.qualifier.index()].additional,
            rated: flow.invocation_type != InvocationType::Event,
            account_rate: account.request_room(now),
            reserved_rate: self.config.reserved.map(|_| self.requests.room(now)),
            provisioned: self.provisioned_room(now, version, flow),
            growth: self.growth.as_ref().map(|growth| growth.room(now)),
            slots: self.slots(account),
            idle,
            busy: busy.count() as u32,
            ended,
            scaling: if is_shared {
                account.burst_room(now)
            } else {
                self.scaling.room(now)
            },
            scaling_is_shared: is_shared,
        }
    }

    fn provisioned_room(&self, now: SimTime, version: VersionId, flow: &FlowConfig) -> Option<ProvisionedRoom> {
        let here = self.provisioned.iter().filter(|pool| pool.qualifier == flow.qualifier);
        let pool = here.clone().find(|pool| pool.version == version)?;
        here.clone().any(|pool| pool.requested > 0).then(|| ProvisionedRoom {
            requested: pool.requested,
            ready: pool.ready,
            busy: pool.busy,
            rate: pool.rate.room(now),
        })
    }

    /// Where a slot on demand comes from (CONC-6, CONC-7).
    fn slots(&self, account: &Account) -> Slots {
        match self.config.reserved {
            None => account.slots(),
            Some(reserved) => Slots {
                reserved: Some(reserved),
                limit: reserved,
                reserved_elsewhere: 0,
                provisioned: self.provisioned_requested,
                taken: self.on_demand,
            },
        }
    }
}

/// The environment that ended later.
trait Latest {
    fn max_by_end(self, other: EndedEnvironment) -> Self;
}

impl Latest for Option<EndedEnvironment> {
    fn max_by_end(self, other: EndedEnvironment) -> Self {
        Some(self.filter(|known| known.end >= other.end).unwrap_or(other))
    }
}
