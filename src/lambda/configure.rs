use std::sync::Arc;

use super::config::{FunctionConfig, VersionConfig};
use super::environment::IdleLife;
use super::function::{Context, Function};
use super::rate::RequestRate;
use crate::facts::{Compute, Observer, VersionId};
use crate::units::SimTime;

/// Why reserved concurrency was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveError {
    /// Less than the function has provisioned (CONC-4, CONC-9).
    BelowProvisioned,
    /// Less than 100 would stay unreserved (CONC-4).
    AboveUnreserved,
}

impl ReserveError {
    /// In words, with the rule.
    pub const fn reason(self) -> &'static str {
        match self {
            ReserveError::BelowProvisioned => "the function has more provisioned (CONC-9)",
            ReserveError::AboveUnreserved => "less than 100 would stay unreserved (CONC-4)",
        }
    }
}

impl Function {
    /// `PutFunctionConcurrency` or `DeleteFunctionConcurrency` during the run.
    pub fn set_reserved<O: Observer>(
        &mut self,
        now: SimTime,
        reserved: Option<u32>,
        cx: &mut Context<O>,
    ) -> Result<(), ReserveError> {
        let before = self.config.reserved;
        if let Some(amount) = reserved {
            if amount < self.provisioned_requested {
                return Err(ReserveError::BelowProvisioned);
            }
            if !cx.account.fits_reserved(before, amount, self.provisioned_requested) {
                return Err(ReserveError::AboveUnreserved);
            }
            match before {
                Some(_) => self.requests.set_concurrency(now, amount),
                None => self.requests = RequestRate::new(cx.account.config.rate_shape, amount),
            }
        }
        cx.account
            .set_reserved(before, reserved, self.provisioned_requested, self.on_demand);
        Arc::make_mut(&mut self.config).reserved = reserved;
        cx.observer.reservation(now, self.id, reserved, self.on_demand);
        Ok(())
    }

    /// Other numbers for a version; see [`super::Platform::configure`].
    pub fn configure<O: Observer>(
        &mut self,
        now: SimTime,
        version: VersionId,
        config: &VersionConfig,
        renewed: bool,
        cx: &mut Context<O>,
    ) {
        // Ends that are due lie before the change and follow the old idle life.
        self.settle(now, cx);
        let before = std::mem::replace(
            &mut Arc::make_mut(&mut self.config).versions[version.index()],
            config.clone(),
        );
        if compute(&before) != compute(config) {
            cx.observer.configured(now, self.id, version, compute(config));
        }
        if before.idle != config.idle {
            self.idle[version.index()].set_life(IdleLife::new(config.idle.as_ref()));
            self.settle(now, cx);
        }
        self.refit(now, version);
        if renewed {
            self.renew(now, version, cx);
        }
    }

    /// LIFE-15: environments of the old code or configuration serve no more.
    fn renew<O: Observer>(&mut self, now: SimTime, version: VersionId, cx: &mut Context<O>) {
        while let Some(entry) = self.idle[version.index()].pop() {
            self.retire(now, entry.environment(), cx);
        }
        for environment in self.environments.iter_mut() {
            if environment.version == version && environment.provisioned.is_none() {
                environment.death = environment.death.min(now);
            }
        }
    }

    /// What holds for all versions alike; see [`super::Platform::set_parameters`].
    pub fn set_parameters(&mut self, config: &FunctionConfig) {
        let own = Arc::make_mut(&mut self.config);
        *own = FunctionConfig {
            name: std::mem::take(&mut own.name),
            reserved: own.reserved,
            versions: std::mem::take(&mut own.versions),
            qualifiers: std::mem::take(&mut own.qualifiers),
            ..config.clone()
        };
    }
}

fn compute(version: &VersionConfig) -> Compute {
    Compute {
        architecture: version.architecture,
        memory: version.memory,
        ephemeral_storage: version.ephemeral_storage,
    }
}
