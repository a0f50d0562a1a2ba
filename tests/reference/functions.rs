//! A function: its environments, one by one, and its rates.

use lambdasim::facts::StartKind;
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{EnvPick, FunctionConfig};
use lambdasim::simulation::Plan;

use super::rates::{Bucket, RequestRate};

/// Where an admitted attempt runs.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    pub function: usize,
    pub environment: usize,
    pub version: usize,
    pub start: StartKind,
    pub spilled: bool,
}

#[derive(Clone, Debug)]
struct Environment {
    version: usize,
    /// The provisioned pool that it belongs to.
    pool: Option<usize>,
    busy: bool,
    /// Whether INIT must be run inside the next invocation (LIFE-9).
    needs_init: bool,
    /// Number of its last release among all of the function.
    released: u64,
    /// When its last invocation ended.
    idle_since: u64,
    /// When it is gone, if it stays idle (LIFE-14).
    idle_ends: Option<u64>,
    /// When it is gone at the latest, once idle (LIFE-13).
    life_ends: Option<u64>,
}

impl Environment {
    /// Whether its idle life or its maximum life is over.
    fn is_gone(&self, now: u64) -> bool {
        [self.idle_ends, self.life_ends]
            .into_iter()
            .flatten()
            .any(|end| end <= now)
    }
}

/// Provisioned environments of one version behind one qualifier.
#[derive(Clone, Debug)]
struct Pool {
    qualifier: usize,
    version: usize,
    rate: RequestRate,
}

pub struct Function {
    pub config: FunctionConfig,
    /// SCALE-1; before SW-SCALE the account's bucket is used instead.
    pub scaling: Bucket,
    rate: Option<RequestRate>,
    /// All there ever were.
    environments: Vec<Environment>,
    /// Those of them that are not gone.
    present: Vec<usize>,
    pools: Vec<Pool>,
    releases: u64,
}

impl Function {
    pub fn new(config: &FunctionConfig, plan: &Plan) -> Function {
        let shape = plan.account.rate_shape;
        let mut function = Function {
            config: config.clone(),
            scaling: Bucket::new(1_000, 1_000, 10_000_000),
            rate: config.reserved.map(|reserved| RequestRate::new(shape, reserved)),
            environments: Vec::new(),
            present: Vec::new(),
            pools: Vec::new(),
            releases: 0,
        };
        for (index, qualifier) in config.qualifiers.iter().enumerate() {
            for (version, amount) in divided(qualifier) {
                let pool = function.pools.len();
                function.pools.push(Pool {
                    qualifier: index,
                    version,
                    rate: RequestRate::new(shape, amount),
                });
                let ready = Environment {
                    version,
                    pool: Some(pool),
                    busy: false,
                    needs_init: false,
                    released: 0,
                    idle_since: 0,
                    idle_ends: None,
                    life_ends: None,
                };
                function.environments.extend((0..amount).map(|_| ready.clone()));
            }
        }
        function.present = (0..function.environments.len()).collect();
        function
    }

    pub fn takes_request(&mut self, now: u64) -> bool {
        self.rate.as_mut().is_none_or(|rate| rate.take(now))
    }

    pub fn gives_request_back(&mut self) {
        if let Some(rate) = &mut self.rate {
            rate.give_back();
        }
    }

    /// P(f).
    pub fn provisioned(&self) -> u64 {
        self.config
            .qualifiers
            .iter()
            .map(|qualifier| u64::from(qualifier.provisioned))
            .sum()
    }

    /// Whether provisioned concurrency is configured on a qualifier, so that what does not find any is spill-over (ADM-3).
    pub fn provisions(&self, qualifier: usize) -> bool {
        self.config.qualifiers[qualifier].provisioned > 0
    }

    /// od(f).
    pub fn busy_on_demand(&self) -> u64 {
        let busy = |index: &&usize| self.environments[**index].busy && self.environments[**index].pool.is_none();
        self.present.iter().filter(busy).count() as u64
    }

    /// Step 9.
    pub fn takes_provisioned(&mut self, now: u64, qualifier: usize, version: usize, uniform: u64) -> Option<usize> {
        let of_target = |pool: &Pool| pool.qualifier == qualifier && pool.version == version;
        let pool = self.pools.iter().position(of_target)?;
        let idle = self.usable(now, |environment| environment.pool == Some(pool));
        let chosen = self.chosen(&idle, uniform)?;
        if !self.pools[pool].rate.take(now) {
            return None;
        }
        self.environments[chosen].busy = true;
        Some(chosen)
    }

    /// Step 11.
    pub fn takes_idle(&mut self, now: u64, version: usize, uniform: u64) -> Option<usize> {
        let idle = self.usable(now, |environment| {
            environment.pool.is_none() && environment.version == version
        });
        let chosen = self.chosen(&idle, uniform)?;
        self.environments[chosen].busy = true;
        Some(chosen)
    }

    fn usable(&mut self, now: u64, which: impl Fn(&Environment) -> bool) -> Vec<usize> {
        let turnaround = self.config.turnaround.as_micros();
        let all = &self.environments;
        self.present
            .retain(|index| all[*index].busy || !all[*index].is_gone(now));
        let usable = |index: &usize| {
            let environment = &all[*index];
            let rested = environment.released == 0 || environment.idle_since + turnaround <= now;
            which(environment) && !environment.busy && rested
        };
        self.present.iter().copied().filter(usable).collect()
    }

    /// LIFE-16.
    fn chosen(&self, idle: &[usize], uniform: u64) -> Option<usize> {
        let released = |index: &usize| self.environments[*index].released;
        match self.config.env_pick {
            EnvPick::MostRecentlyUsed => idle.iter().copied().max_by_key(released),
            EnvPick::LeastRecentlyUsed => idle.iter().copied().min_by_key(released),
            EnvPick::NewestCreated => idle.iter().copied().max(),
            EnvPick::Oldest => idle.iter().copied().min(),
            EnvPick::Random => {
                let place = (u128::from(uniform) * idle.len() as u128) >> 53;
                idle.get(place as usize).copied()
            }
        }
    }

    pub fn creates(&mut self, now: u64, version: usize, life: u64) -> usize {
        let ends = |life_time: &Distribution| now + life_time.sample(life).as_micros();
        self.present.push(self.environments.len());
        self.environments.push(Environment {
            version,
            pool: None,
            busy: true,
            needs_init: false,
            released: 0,
            idle_since: now,
            idle_ends: None,
            life_ends: self.config.versions[version].max_life.as_ref().map(ends),
        });
        self.environments.len() - 1
    }

    pub fn needs_init(&self, environment: usize) -> bool {
        self.environments[environment].needs_init
    }

    pub fn releases(&mut self, now: u64, environment: usize, reset: bool, idle: u64) {
        self.releases += 1;
        let version = self.environments[environment].version;
        let life = &self.config.versions[version].idle;
        let released = &mut self.environments[environment];
        released.busy = false;
        released.needs_init = reset;
        released.released = self.releases;
        released.idle_since = now;
        if released.pool.is_none() {
            released.idle_ends = life.as_ref().map(|life| now + life.sample(idle).as_micros());
        }
    }
}

/// PC-8: of an alias with two versions the second has its share, half rounded up.
fn divided(qualifier: &lambdasim::lambda::QualifierConfig) -> Vec<(usize, u32)> {
    let all = qualifier.provisioned;
    let parts = match qualifier.additional {
        None => vec![(qualifier.version.index(), all)],
        Some((second, weight)) => {
            let of_second = (f64::from(all) * weight.as_fraction() + 0.5).floor() as u32;
            vec![
                (qualifier.version.index(), all - of_second),
                (second.index(), of_second),
            ]
        }
    };
    parts.into_iter().filter(|part| part.1 > 0).collect()
}
