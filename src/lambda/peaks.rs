//! How far limits were used at most: what a run has left of them.

use super::esm::mapping::Mapping;
use super::function::Function;
use super::platform::Platform;
use super::rate::{FunctionPeaks, Peak};
use crate::units::SimTime;

/// The peaks of all limits that the platform counts itself, since the window that counts began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks {
    /// Requests of the account in one second (RPS-1).
    pub requests: Peak,
    /// Tokens of the account-wide burst that were gone (SCALE-6); `None` after SW-SCALE.
    pub burst: Option<Peak>,
    /// Tokens of API Gateway that were gone (FE-1).
    pub gateway: Peak,
    /// Of each function.
    pub functions: Vec<FunctionPeaks>,
    /// Batches in work at once of each mapping of a queue (SQS-6, SQS-8); of others a limit of 0.
    pub mappings: Vec<Peak>,
}

impl Platform {
    /// How far each limit was used at most.
    pub fn peaks(&self) -> Peaks {
        let (requests, burst) = self.account.peaks();
        let mapping = |mapping: &Mapping| match mapping {
            Mapping::Queue(pollers) => Peak {
                used: pollers.busiest.into(),
                limit: pollers.config.scaling.ceiling.max(pollers.busiest).into(),
            },
            Mapping::Stream(_) => Peak::default(),
        };
        Peaks {
            requests,
            burst,
            gateway: self.gateway.peak(),
            functions: self.functions.iter().map(Function::peaks).collect(),
            mappings: self.mappings.iter().map(mapping).collect(),
        }
    }

    /// Peaks begin anew at `now`.
    pub(super) fn begin_peaks(&mut self, now: SimTime) {
        self.account.begin_peaks(now);
        self.gateway.begin_peak(now);
        self.functions.iter_mut().for_each(|function| function.begin_peaks(now));
        for mapping in &mut self.mappings {
            if let Mapping::Queue(pollers) = mapping {
                pollers.busiest = pollers.busy;
            }
        }
    }
}
