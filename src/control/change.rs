use crate::facts::{
    BudgetId, FunctionId, LinkId, MappingId, Observer, QualifierId, QueueId, StreamId, TopicId, TrafficId, VersionId,
};
use crate::lambda::{
    AccountConfig, BudgetConfig, EventInvokeConfig, FunctionConfig, MappingConfig, Platform, ProvisionError,
    PushConfig, ReserveError, RetryConfig, Through, TransferConfig, VersionConfig,
};
use crate::messaging::{QueueConfig, TopicConfig};
use crate::units::{Share, SimTime, Span};

/// One thing that changes on the platform during a run. What changes in traffic stands with its sources, what changes in
/// alarms with them.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The account's concurrency limit (CONC-13).
    AccountLimit(u32),
    /// How the account refuses requests; see [`Platform::set_account`].
    Account(Box<AccountConfig>),
    /// Something of one function.
    Function(FunctionId, FunctionChange),
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
    /// Numbers of the service that a traffic entry comes through.
    Through {
        /// The traffic entry.
        traffic: TrafficId,
        /// The same service with its numbers from now on.
        through: Box<Option<Through>>,
    },
    /// How the service in between delivers what a traffic entry sends over a link.
    Delivery {
        /// The link.
        link: LinkId,
        /// How it does from now on.
        push: Box<Option<PushConfig>>,
    },
    /// Subscriptions of a topic (SRC-2).
    Topic {
        /// The topic.
        topic: TopicId,
        /// Where they are taken from.
        config: Box<TopicConfig>,
    },
    /// Retention and redrive policy of a queue (SQS-13, SQS-16).
    Queue {
        /// The queue.
        queue: QueueId,
        /// Where they are taken from.
        config: Box<QueueConfig>,
    },
    /// Shards of a stream (STRM-15).
    Shards {
        /// The stream.
        stream: StreamId,
        /// How many it has from now on.
        count: u32,
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

/// What changes of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionChange {
    /// Its reserved concurrency; `None` takes it away (CONC-4).
    Reserved(Option<u32>),
    /// Provisioned concurrency of a version or an alias (PC-4, PC-5).
    Provisioned {
        /// The version or alias.
        qualifier: QualifierId,
        /// What is asked for from now on.
        amount: u32,
    },
    /// Numbers of one version.
    Version {
        /// The version.
        version: VersionId,
        /// Its numbers from now on.
        config: Box<VersionConfig>,
        /// Whether its code or configuration is another one, so that it uses new environments (LIFE-15).
        renewed: bool,
    },
    /// What belongs to it as a whole besides its reservation; see [`Platform::set_parameters`].
    Parameters(Box<FunctionConfig>),
    /// Asynchronous invocations through a qualifier (ASYNC-2).
    EventInvoke {
        /// The qualifier.
        qualifier: QualifierId,
        /// How events are treated from now on.
        config: Box<EventInvokeConfig>,
    },
    /// What an alias stands for (ALIAS-3, PC-7).
    Routing {
        /// The alias.
        qualifier: QualifierId,
        /// The version it stands for from now on.
        version: VersionId,
        /// A second version and its share of invocations.
        additional: Option<(VersionId, Share)>,
    },
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// Reserved concurrency.
    Reserved(ReserveError),
    /// Provisioned concurrency.
    Provisioned(ProvisionError),
}

impl Change {
    /// Makes it.
    ///
    /// # Errors
    /// Where Lambda would refuse it: whose change it was, and why; everything stayed as it was.
    pub(super) fn make<O: Observer>(
        &self,
        now: SimTime,
        platform: &mut Platform,
        observer: &mut O,
    ) -> Result<(), (FunctionId, ChangeRefusal)> {
        match self {
            Change::AccountLimit(limit) => platform.set_account_limit(now, *limit),
            Change::Account(config) => platform.set_account(config),
            Change::Function(function, change) => {
                let made = change.make(now, *function, platform, observer);
                return made.map_err(|reason| (*function, reason));
            }
            Change::Budget { budget, config } => platform.set_budget(*budget, config),
            Change::Retry { traffic, retry } => platform.set_retry(*traffic, *retry),
            Change::Transfer { traffic, transfer } => platform.set_transfer(*traffic, transfer.as_ref().clone()),
            Change::Through { traffic, through } => platform.set_through(*traffic, through.as_ref().clone()),
            Change::Delivery { link, push } => platform.set_delivery(*link, push.as_ref().clone()),
            Change::Topic { topic, config } => platform.set_subscriptions(*topic, config),
            Change::Queue { queue, config } => platform.set_queue(now, *queue, config),
            Change::Shards { stream, count } => platform.set_shards(*stream, *count),
            Change::Visibility { mapping, timeout } => platform.set_visibility(*mapping, *timeout),
            Change::Mapping { mapping, config } => platform.set_mapping(now, *mapping, config),
        }
        Ok(())
    }
}

impl FunctionChange {
    fn make<O: Observer>(
        &self,
        now: SimTime,
        function: FunctionId,
        platform: &mut Platform,
        observer: &mut O,
    ) -> Result<(), ChangeRefusal> {
        match self {
            FunctionChange::Reserved(amount) => {
                let made = platform.set_reserved(now, function, *amount, observer);
                return made.map_err(ChangeRefusal::Reserved);
            }
            FunctionChange::Provisioned { qualifier, amount } => {
                let made = platform.set_provisioned(now, function, *qualifier, *amount, observer);
                return made.map_err(ChangeRefusal::Provisioned);
            }
            FunctionChange::Version {
                version,
                config,
                renewed,
            } => platform.configure(now, function, *version, config, *renewed, observer),
            FunctionChange::Parameters(config) => platform.set_parameters(function, config),
            FunctionChange::EventInvoke { qualifier, config } => {
                platform.set_event_invoke(function, *qualifier, config);
            }
            FunctionChange::Routing {
                qualifier,
                version,
                additional,
            } => platform.set_routing(now, function, *qualifier, *version, *additional, observer),
        }
        Ok(())
    }
}
