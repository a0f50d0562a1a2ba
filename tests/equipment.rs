//! Laws of what environments hold, checked on random plans in which every function mounts one small file system (EFS-2).

use lambdasim::facts::{ErrorCode, FunctionId, Observer};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{Equipment, Extensions, Mount, Network};
use lambdasim::simulation::{Plan, simulate};
use lambdasim::units::{SimTime, Span};
use rayon::prelude::*;

use crate::support::{any_plan, replay};

/// Environments that exist, and the most there ever were.
#[derive(Default)]
struct Existing {
    now: u64,
    most: u64,
}

impl Observer for Existing {
    fn environment(&mut self, _time: SimTime, _function: FunctionId, created: bool) {
        self.now = if created { self.now + 1 } else { self.now - 1 };
        self.most = self.most.max(self.now);
    }
}

/// A random plan whose functions share a file system with so few connections that they meet its limit, and have extensions
/// that go on after the answer.
fn crowded_plan(seed: u64) -> (Plan, u64) {
    let mut plan = any_plan(seed);
    let qualifiers = plan.functions.iter().flat_map(|function| &function.qualifiers);
    let provisioned: u32 = qualifiers.map(|qualifier| qualifier.provisioned).sum();
    let connections = provisioned + 6;
    plan.account.file_systems = vec![lambdasim::lambda::FileSystemConfig {
        connections,
        throughput: None,
    }];
    let equipment = Equipment {
        extensions: Some(Extensions {
            init: Distribution::constant(Span::from_millis(5)),
            post_runtime: Distribution::exponential(40.0),
            shutdown: Span::ZERO,
        }),
        mount: Some(Mount {
            file_system: 0,
            time: Distribution::uniform(100.0, 500.0),
            transfer: None,
        }),
        network: Some(Network::Shared(1)),
        ..Equipment::default()
    };
    for version in plan.functions_mut().flat_map(|function| &mut function.versions) {
        version.equipment = Some(Box::new(equipment.clone()));
    }
    (plan, connections as u64)
}

#[test]
fn efs_2_there_are_never_more_environments_than_connections_and_all_of_them_are_used() {
    let refused: Vec<bool> = (0..24)
        .into_par_iter()
        .map(|seed| {
            let (plan, connections) = crowded_plan(seed);
            let mut existing = Existing::default();
            let result = simulate(&plan, &mut (), Some(&mut existing), &mut ()).expect("nothing stops it");
            assert!(existing.most <= connections, "{}", replay(seed));
            let rejected = |code| {
                let functions = result.summary.functions.iter();
                functions
                    .map(|function| function.rejected_by_error.get(&code).copied().unwrap_or(0))
                    .sum::<u64>()
            };
            let met = rejected(ErrorCode::EfsMountConnectivity) > 0;
            assert!(
                !met || existing.most == connections,
                "refused while there was room: {}",
                replay(seed)
            );
            met
        })
        .collect();
    let plans = refused.iter().filter(|met| **met).count();
    assert!(
        plans >= 5,
        "only {plans} plans meet the limit: the law was hardly tested"
    );
}
