use super::act::Act;
use crate::facts::{BudgetId, FunctionId, MappingId, Observer, QualifierId, QueueId, TrafficId, VersionId};
use crate::lambda::{
    BudgetConfig, EventInvokeConfig, FunctionConfig, MappingConfig, Platform, ProvisionError, ReserveError,
    RetryConfig, TransferConfig, VersionConfig,
};
use crate::messaging::QueueConfig;
use crate::units::{Share, SimTime, Span};

/// One thing that changes on the platform during a run. What changes in traffic stands with its sources.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The account's concurrency limit (CONC-13).
    AccountLimit(u32),
    /// A function's reserved concurrency; `None` takes it away (CONC-4).
    Reserved {
        /// The function.
        function: FunctionId,
        /// What it reserves from now on.
        amount: Option<u32>,
    },
    /// Provisioned concurrency of a version or an alias (PC-4, PC-5).
    Provisioned {
        /// The function.
        function: FunctionId,
        /// The version or alias.
        qualifier: QualifierId,
        /// What is asked for from now on.
        amount: u32,
    },
    /// Numbers of one version.
    Version {
        /// The function.
        function: FunctionId,
        /// The version.
        version: VersionId,
        /// Its numbers from now on.
        config: Box<VersionConfig>,
        /// Whether its code or configuration is another one, so that it uses new environments (LIFE-15).
        renewed: bool,
    },
    /// What belongs to a function as a whole besides its reservation; see [`Platform::set_parameters`].
    Parameters {
        /// The function.
        function: FunctionId,
        /// Where that is taken from.
        config: Box<FunctionConfig>,
    },
    /// Asynchronous invocations through a qualifier (ASYNC-2).
    EventInvoke {
        /// The function.
        function: FunctionId,
        /// The qualifier.
        qualifier: QualifierId,
        /// How events are treated from now on.
        config: Box<EventInvokeConfig>,
    },
    /// What an alias stands for (ALIAS-3, PC-7).
    Routing {
        /// The function.
        function: FunctionId,
        /// The alias.
        qualifier: QualifierId,
        /// The version it stands for from now on.
        version: VersionId,
        /// A second version and its share of invocations.
        additional: Option<(VersionId, Share)>,
    },
    /// A downstream budget.
    Budget {
        /// The budget.
        budget: BudgetId,
        /// How much there is from now on, and what becomes of more.
        config: Box<BudgetConfig>,
    },
    /// How the clients of a traffic entry retry.
    Retry {
        /// The traffic entry.
        traffic: TrafficId,
        /// How they retry from now on.
        retry: RetryConfig,
    },
    /// What the callers of a traffic entry send and get.
    Transfer {
        /// The traffic entry.
        traffic: TrafficId,
        /// Sizes from now on.
        transfer: Box<Option<TransferConfig>>,
    },
    /// Retention and redrive policy of a queue (SQS-13, SQS-16).
    Queue {
        /// The queue.
        queue: QueueId,
        /// Where they are taken from.
        config: Box<QueueConfig>,
    },
    /// For how long messages that a mapping receives stay hidden (SQS-10).
    Visibility {
        /// The mapping.
        mapping: MappingId,
        /// How long from now on.
        timeout: Span,
    },
    /// An event source mapping, once its activation time is over (ESM-8).
    Mapping {
        /// The mapping.
        mapping: MappingId,
        /// Its numbers then.
        config: Box<MappingConfig>,
    },
}

/// A change as the scenario names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChange {
    /// Its name.
    pub name: String,
    /// From when on it holds.
    pub from: SimTime,
    /// Until when; `None` to the end.
    pub until: Option<SimTime>,
    /// Paths of the scenario with the values they get, as written.
    pub set: Vec<(String, String)>,
}

/// All that changes at one instant, in the order in which it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeStep {
    /// The instant.
    pub at: SimTime,
    /// What changes then.
    pub changes: Vec<Change>,
}

/// A change that Lambda would refuse in the state the account was in; everything stayed as it was (PC-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// When it was tried.
    pub at: SimTime,
    /// Whose reserved or provisioned concurrency it was.
    pub function: FunctionId,
    /// Why it was refused.
    pub reason: ChangeRefusal,
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// Reserved concurrency.
    Reserved(ReserveError),
    /// Provisioned concurrency.
    Provisioned(ProvisionError),
}

/// Makes the changes of a plan when their time has come.
#[derive(Clone, Debug)]
pub struct Changes<'a> {
    waiting: &'a [ChangeStep],
    refused: Vec<RefusedChange>,
}

impl<'a> Changes<'a> {
    /// `steps` by rising time.
    pub fn new(steps: &'a [ChangeStep]) -> Changes<'a> {
        Changes {
            waiting: steps,
            refused: Vec::new(),
        }
    }

    /// What was refused, in the order of time.
    pub fn finish(self) -> Vec<RefusedChange> {
        self.refused
    }

    fn make<O: Observer>(&mut self, now: SimTime, change: &Change, platform: &mut Platform, observer: &mut O) {
        let refused = match change {
            Change::AccountLimit(limit) => {
                platform.set_account_limit(*limit);
                None
            }
            Change::Reserved { function, amount } => {
                let made = platform.set_reserved(now, *function, *amount, observer);
                made.err().map(|error| (*function, ChangeRefusal::Reserved(error)))
            }
            Change::Provisioned {
                function,
                qualifier,
                amount,
            } => {
                let made = platform.set_provisioned(now, *function, *qualifier, *amount, observer);
                made.err().map(|error| (*function, ChangeRefusal::Provisioned(error)))
            }
            Change::Version {
                function,
                version,
                config,
                renewed,
            } => {
                platform.configure(now, *function, *version, config, *renewed, observer);
                None
            }
            Change::Parameters { function, config } => {
                platform.set_parameters(*function, config);
                None
            }
            Change::EventInvoke {
                function,
                qualifier,
                config,
            } => {
                platform.set_event_invoke(*function, *qualifier, config);
                None
            }
            Change::Routing {
                function,
                qualifier,
                version,
                additional,
            } => {
                platform.set_routing(now, *function, *qualifier, *version, *additional, observer);
                None
            }
            Change::Budget { budget, config } => {
                platform.set_budget(*budget, config);
                None
            }
            Change::Retry { traffic, retry } => {
                platform.set_retry(*traffic, *retry);
                None
            }
            Change::Transfer { traffic, transfer } => {
                platform.set_transfer(*traffic, transfer.as_ref().clone());
                None
            }
            Change::Queue { queue, config } => {
                platform.set_queue(now, *queue, config);
                None
            }
            Change::Visibility { mapping, timeout } => {
                platform.set_visibility(*mapping, *timeout);
                None
            }
            Change::Mapping { mapping, config } => {
                platform.set_mapping(now, *mapping, config);
                None
            }
        };
        self.refused.extend(refused.map(|(function, reason)| RefusedChange {
            at: now,
            function,
            reason,
        }));
    }
}

impl<O: Observer> Act<O> for Changes<'_> {
    fn next_due(&self) -> Option<SimTime> {
        self.waiting.first().map(|step| step.at)
    }

    fn act(&mut self, now: SimTime, platform: &mut Platform, observer: &mut O) {
        let Some((step, later)) = self.waiting.split_first() else {
            return;
        };
        self.waiting = later;
        for change in &step.changes {
            self.make(now, change, platform, observer);
        }
    }
}
