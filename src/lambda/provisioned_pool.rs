use super::config::{QualifierConfig, RateShape};
use super::environment::{IdleLife, IdlePool};
use super::rate::RequestRate;
use crate::facts::{QualifierId, VersionId};

/// Provisioned environments of one version, configured through one qualifier (PC-1).
#[derive(Clone, Debug)]
pub(super) struct ProvisionedPool {
    pub qualifier: QualifierId,
    pub version: VersionId,
    /// What was asked for (CONC-10).
    pub requested: u32,
    /// What serves: idle and busy ones.
    pub ready: u32,
    pub busy: u32,
    pub idle: IdlePool,
    /// Requests that may use it per second (RPS-3).
    pub rate: RequestRate,
}

impl ProvisionedPool {
    pub fn new(qualifier: QualifierId, version: VersionId, shape: RateShape) -> ProvisionedPool {
        ProvisionedPool {
            qualifier,
            version,
            requested: 0,
            ready: 0,
            busy: 0,
            idle: IdlePool::new(IdleLife::endless()),
            rate: RequestRate::new(shape, 0),
        }
    }
}

/// How `amount` on a qualifier is divided among its versions (PC-8): by weight, the additional version's part rounded
/// half up.
pub(super) fn divide(qualifier: &QualifierConfig, amount: u32) -> Vec<(VersionId, u32)> {
    match qualifier.additional {
        None => vec![(qualifier.version, amount)],
        Some((additional, weight)) => {
            // A weight is exact to a billionth: 10 % of 5 must round up to 1.
            let billionths = (weight.as_fraction() * 1e9).round() as u64;
            let part = ((amount as u64 * billionths + 500_000_000) / 1_000_000_000) as u32;
            vec![
                (qualifier.version, amount - part.min(amount)),
                (additional, part.min(amount)),
            ]
        }
    }
}
