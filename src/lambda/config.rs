//! Resolved numbers: no text to parse, no `Option` that means "default". The scenario room builds these.

use super::equipment::{Equipment, Network};
use super::file_system::FileSystemConfig;
use crate::facts::{
    Architecture, BudgetId, FunctionId, InvocationType, LinkId, MappingId, QualifierId, Reason, Target, TrafficId,
    VersionId,
};
use crate::kernel::draws::StreamKey;
use crate::kernel::{Distribution, SizeDistribution};
use crate::units::{Bytes, MemoryMb, Share, SimTime, Span};

/// One account in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountConfig {
    /// A: the account concurrency limit (CONC-2).
    pub concurrent_executions: u32,
    /// How the request rates RPS-1 and RPS-2 are measured (RPS-5).
    pub rate_shape: RateShape,
    /// Whether a request refused by a later check gives its count back to the request rates (RPS-5, ADM-5).
    pub rate_refund: bool,
    /// How fast environments may be added (SCALE-1, SCALE-6).
    pub scaling: ScalingRule,
    /// Whether a function's requests per second grow at a bounded rate as well (SCALE-3, `scale.rps_twin`).
    pub request_growth: bool,
    /// What a refusal by the scaling rate is called (THR-5).
    pub scaling_reason: Reason,
    /// What a refusal by the account's request rate is called (THR-4).
    pub account_rate_reason: Reason,
    /// To what billed time is rounded up (PRICE-2, PRICE-4).
    pub billing_granularity: Span,
    /// API Gateway's request rate.
    pub gateway: GatewayRate,
    /// Whether accepting an event from a caller outside AWS counts towards RPS-1 (RPS-4, `async.rps_nonaws`).
    pub rate_limits_events: bool,
    /// Free addresses of each subnet, where interfaces are made for environments (VPC-6).
    pub subnets: Vec<u32>,
    /// Most connections of each file system (EFS-2).
    pub file_systems: Vec<FileSystemConfig>,
    /// Downstream budgets, sorted by name.
    pub budgets: Vec<BudgetConfig>,
}

/// What functions use together downstream.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetConfig {
    /// Its name in the scenario.
    pub name: String,
    /// How much there is.
    pub limit: BudgetLimit,
    /// What becomes of invocations for which there is no room.
    pub beyond: Beyond,
}

/// How much there is of a downstream budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetLimit {
    /// Connections, held from the admission to the end of an attempt.
    Connections(u32),
    /// Calls in each period, counted from t = 0.
    Rate {
        /// How many; at least 1.
        calls: u64,
        /// Length of a period, above zero.
        per: Span,
    },
}

/// What becomes of an invocation for which a downstream budget has no room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    /// Its duration is so many times as long.
    Slow(f64),
    /// It waits inside its `Duration`, first come first served, until there is room or its timeout has passed.
    Queue,
    /// It ends in a function error.
    Fail,
}

/// What each invocation of a function uses of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetUse {
    /// The budget.
    pub budget: BudgetId,
    /// Connections held, or calls made; at least 1, at most the whole budget.
    pub amount: u32,
}

/// How a request rate is measured (RPS-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateShape {
    /// Windows of one second, aligned to simulated seconds.
    FixedSecond,
    /// A token bucket of one second's capacity, refilled continuously.
    TokenBucket,
}

/// How fast environments may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalingRule {
    /// Every function on its own: 1,000, refilled by 100 per second (SCALE-1).
    PerFunction,
    /// All functions of the account together, before SW-SCALE: `burst`, refilled by 500 per minute (SCALE-6).
    AccountWide {
        /// Capacity of the bucket, by region.
        burst: u32,
    },
}

/// One function with all its versions and qualifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionConfig {
    /// Its name in the scenario.
    pub name: String,
    /// R(f): reserved concurrency (CONC-3).
    pub reserved: Option<u32>,
    /// `$LATEST` first, then published versions in ascending order.
    pub versions: Vec<VersionConfig>,
    /// The bare name first, then published versions in ascending order, then aliases by name.
    pub qualifiers: Vec<QualifierConfig>,
    /// Which idle environment is taken (LIFE-16).
    pub env_pick: EnvPick,
    /// How long after an invocation its environment can be used again (LIFE-16, `env.turnaround`).
    pub turnaround: Span,
    /// Added to every answer of an attempt that ran (COLD-1).
    pub overhead: Distribution,
    /// How its asynchronous queue behaves.
    pub events: AsyncQueueConfig,
    /// Whether a retry draws the alias's version again (ALIAS-4).
    pub redraw_on_retry: bool,
    /// When provisioned environments requested during the run become ready.
    pub allocation: AllocationConfig,
    /// What a successful invocation sends on.
    pub invokes: Vec<Onward>,
    /// How it deals with the records of a batch.
    pub records: RecordsConfig,
    /// Downstream budgets that each invocation uses.
    pub uses: Vec<BudgetUse>,
    /// Whether recursive loops go on instead of being ended (INV-8).
    pub recursion_allowed: bool,
}

/// How a function deals with the records of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordsConfig {
    /// Probability that a record fails, at each attempt anew.
    pub error_rate: Share,
    /// Probability that a record fails at every attempt.
    pub poison: Share,
    /// Whether failed records are reported one by one (SQS-14); without it one of them makes the handler raise.
    pub reports_failures: bool,
}

/// What a successful invocation sends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onward {
    /// The link it goes over.
    pub link: LinkId,
    /// How many messages or events.
    pub count: u32,
    /// The share of successful invocations that send.
    pub share: Share,
    /// Draws of whether one does.
    pub key: StreamKey,
}

/// How long provisioned concurrency takes to come (PC-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationConfig {
    /// Before the first environment (`pc.delay`).
    pub delay: Span,
    /// Environments per minute (`pc.rate`).
    pub per_minute: u32,
}

/// Which idle environment serves the next invocation (LIFE-16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvPick {
    /// The one that became idle last.
    #[default]
    MostRecentlyUsed,
    /// The one created last.
    NewestCreated,
    /// The one that became idle first.
    LeastRecentlyUsed,
    /// The one created first.
    Oldest,
    /// Any, with equal probability.
    Random,
}

/// Parameters of the asynchronous queue (ASYNC-*).
#[derive(Clone, Debug, PartialEq)]
pub struct AsyncQueueConfig {
    /// Delay before the first dispatch (ASYNC-1).
    pub first_dispatch: Distribution,
    /// Range of the factor on back-off after throttles, in thousandths; `None` is off (ASYNC-5).
    pub jitter: Option<(u32, u32)>,
    /// Probability that an event is delivered twice (ASYNC-7).
    pub duplicates: Share,
    /// Factor on back-off after throttles, in thousandths (ASYNC-6); 1,000 is off.
    pub slowdown: u32,
}

/// One version of a function's code and configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionConfig {
    /// `$LATEST` or the version number.
    pub name: String,
    /// Instruction set.
    pub architecture: Architecture,
    /// Configured memory.
    pub memory: MemoryMb,
    /// Size of /tmp.
    pub ephemeral_storage: MemoryMb,
    /// Bounds suppressed init and handler together (LIFE-7).
    pub timeout: Span,
    /// Before INIT, not billed (COLD-1).
    pub placement: Distribution,
    /// INIT as boosted (COLD-3).
    pub init: Distribution,
    /// Factor on INIT before an invocation: 1, or as `suppressed_init_factor` where `init.cpu_boost` is off.
    pub init_factor: f64,
    /// Factor on INIT when it runs inside an invocation, without boost (COLD-4).
    pub suppressed_init_factor: f64,
    /// Probability that INIT ran before the request came (LIFE-17).
    pub proactive_init: Share,
    /// Handler duration once warm; for batches what each invocation takes beside its records.
    pub duration: Distribution,
    /// What each record of a batch adds to `duration`; a plain invocation is a batch of one.
    pub per_record: Option<Distribution>,
    /// Factor on drawn durations: memory scaling (CPU-2) times `duration_factor`.
    pub duration_factor: f64,
    /// The first invocation after INIT takes at least this long (COLD-5).
    pub first_invoke: Span,
    /// Probability that the handler raises.
    pub error_rate: Share,
    /// Probability that the environment is lost at the end of the handler.
    pub crash_rate: Share,
    /// Probability that an INIT on demand crashes at its end (LIFE-5).
    pub init_error_rate: Share,
    /// Whether INIT is billed (SW-INITBILL).
    pub init_billed: bool,
    /// Whether the abandoned INIT attempt is billed (PRICE-5).
    pub failed_init_billed: bool,
    /// Idle life (LIFE-14); `None` never ends.
    pub idle: Option<Distribution>,
    /// Maximum life (LIFE-13); `None` never ends.
    pub max_life: Option<Distribution>,
    /// Way to the dead-letter queue (ASYNC-10).
    pub dead_letter: Option<LinkId>,
    /// SnapStart, extensions, file system, VPC: what most versions do without.
    pub equipment: Option<Box<Equipment>>,
}

/// Connections that one shared interface carries (VPC-2).
const INTERFACE_CONNECTIONS: u64 = 65_000;
/// Memory of the environments that an interface carried before SW-VPC (VPC-6).
pub(super) const INTERFACE_MB: u64 = 3_072;

impl FunctionConfig {
    fn networks(&self) -> impl Iterator<Item = (&VersionConfig, &Network)> {
        self.versions.iter().filter_map(|version| {
            let equipment = version.equipment.as_deref()?;
            Some((version, equipment.network.as_ref()?))
        })
    }

    /// Shared network interfaces for `peak` environments at once: one in each subnet, another for each 65,000
    /// connections, one connection an environment (VPC-1, VPC-2). 0 outside a VPC, and before SW-VPC.
    pub fn shared_interfaces(&self, peak: u64) -> u64 {
        let subnets = |network: &Network| match network {
            Network::Shared(subnets) => u64::from(*subnets),
            Network::Sliced { .. } => 0,
        };
        let most = self.networks().map(|(_, network)| subnets(network)).max().unwrap_or(0);
        most * peak.div_ceil(INTERFACE_CONNECTIONS).max(1)
    }

    /// Network interfaces, each with an address, that `peak` environments at once took before SW-VPC: peak × memory in
    /// GB / 3, rounded up (VPC-6). 0 outside a VPC.
    pub fn legacy_interfaces(&self, peak: u64) -> u64 {
        let memory = self.networks().map(|(version, _)| u64::from(version.memory.0)).max();
        (peak * memory.unwrap_or(0)).div_ceil(INTERFACE_MB)
    }
}

impl VersionConfig {
    /// Whether its new environments are restored from a snapshot (SNAP-4).
    pub fn restores(&self) -> bool {
        let equipment = self.equipment.as_ref();
        equipment.is_some_and(|equipment| equipment.snapshot.is_some())
    }

    /// Whether keeping and restoring its snapshot is billed (PRICE-11).
    pub fn keeps_billed_snapshot(&self) -> bool {
        let snapshot = self
            .equipment
            .as_ref()
            .and_then(|equipment| equipment.snapshot.as_ref());
        snapshot.is_some_and(|snapshot| snapshot.priced)
    }

    /// When it is published: the start, unless that is during the run.
    pub fn published_at(&self) -> SimTime {
        let publication = self
            .equipment
            .as_ref()
            .and_then(|equipment| equipment.publication.as_ref());
        publication.map_or(SimTime::ZERO, |publication| publication.at)
    }
}

/// One way to address a function.
#[derive(Clone, Debug, PartialEq)]
pub struct QualifierConfig {
    /// Version number or alias; `None` is the bare function name.
    pub name: Option<String>,
    /// The version it stands for.
    pub version: VersionId,
    /// A second version and its share of invocations (ALIAS-3).
    pub additional: Option<(VersionId, Share)>,
    /// Provisioned concurrency in force at the start (PC-1).
    pub provisioned: u32,
    /// Its asynchronous invocations (ASYNC-2).
    pub event_invoke: EventInvokeConfig,
}

/// `EventInvokeConfig` of one qualifier (ASYNC-2, ASYNC-10).
#[derive(Clone, Debug, PartialEq)]
pub struct EventInvokeConfig {
    /// 60 s to 6 h.
    pub maximum_event_age: Span,
    /// 0 to 2.
    pub maximum_retry_attempts: u32,
    /// Where records of successes go.
    pub on_success: Option<LinkId>,
    /// Where records of failures go.
    pub on_failure: Option<LinkId>,
}

impl QualifierConfig {
    /// The version that runs where `uniform` in 0..2^53 is drawn (ALIAS-3).
    #[inline(always)]
    pub(super) fn drawn_version(&self, uniform: u64) -> VersionId {
        match self.additional {
            Some((additional, weight)) if weight.covers(uniform) => additional,
            _ => self.version,
        }
    }
}

impl TrafficConfig {
    /// What the account itself sends: plain, and never repeated by its sender.
    pub fn of_account(name: &str, sender: Sender) -> TrafficConfig {
        TrafficConfig {
            name: name.to_owned(),
            sender,
            retry: RetryConfig::NONE,
            transfer: None,
            through: None,
        }
    }
}

impl RetryConfig {
    /// One attempt, and as long a wait for its answer as it takes (SDK-1).
    pub const NONE: RetryConfig = RetryConfig {
        mode: RetryMode::None,
        max_attempts: 1,
        clients: 1,
        read_timeout: None,
    };
}

impl FunctionConfig {
    /// The longest timeout of the versions behind a qualifier.
    pub fn longest_timeout(&self, qualifier: QualifierId) -> Span {
        let qualifier = &self.qualifiers[qualifier.index()];
        let timeout = |version: VersionId| self.versions[version.index()].timeout;
        let additional = qualifier.additional.map_or(Span::ZERO, |(version, _)| timeout(version));
        timeout(qualifier.version).max(additional)
    }
}

/// A sender: one entry under `traffic:`, or what the account itself sends.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficConfig {
    /// Its name in the scenario.
    pub name: String,
    /// What kind of sender it is.
    pub sender: Sender,
    /// How its clients repeat refused requests.
    pub retry: RetryConfig,
    /// What its callers send and get; `None` where sizes play no part.
    pub transfer: Option<TransferConfig>,
    /// The service it comes through; `None` for a plain SDK.
    pub through: Option<Through>,
}

/// The service that traffic comes through (lambda-model §6).
#[derive(Clone, Debug, PartialEq)]
pub enum Through {
    /// A front end whose caller waits for the answer.
    Front(FrontConfig),
    /// A service that delivers events.
    Push(PushConfig),
}

/// A front end (FE-1…8).
#[derive(Clone, Debug, PartialEq)]
pub struct FrontConfig {
    /// Added to every answer (FE-8).
    pub latency: Distribution,
    /// How long it waits for the function; `None` for ever.
    pub timeout: Option<Span>,
    /// What it answers when it has waited long enough.
    pub timeout_status: u16,
    /// What it answers where Lambda throttles.
    pub throttle_status: u16,
    /// What it answers on a function error, or where Lambda refuses.
    pub error_status: u16,
    /// What it answers where the function's own timeout passes first.
    pub function_timeout_status: u16,
    /// Which one it is, where that matters beyond these numbers.
    pub service: FrontService,
    /// Largest request that it takes; `None` where Lambda's own limit is lower (FE-3).
    pub largest_payload: Option<Bytes>,
    /// Largest response that it passes on; `None` where Lambda's own limit is lower (FE-3, EDGE-3).
    pub largest_response: Option<Bytes>,
}

/// Front ends with numbers of their own elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontService {
    /// Counts towards API Gateway's request rate of the account (FE-1, FE-2).
    ApiGateway,
    /// Has metrics of its own (MET-18).
    FunctionUrl,
    /// Runs functions on Lambda@Edge, at their prices (EDGE-5).
    CloudFront,
    /// Any other.
    Other,
}

impl FrontConfig {
    /// All statuses that its callers can see.
    pub fn statuses(&self) -> [u16; 8] {
        [
            200,
            self.timeout_status,
            self.throttle_status,
            self.error_status,
            self.function_timeout_status,
            TOO_LARGE,
            TOO_MANY,
            BAD_RESPONSE,
        ]
    }
}

/// A request is larger than allowed.
pub(super) const TOO_LARGE: u16 = 413;
/// A request is beyond a rate.
pub(super) const TOO_MANY: u16 = 429;
/// A response cannot be passed on.
pub(super) const BAD_RESPONSE: u16 = 502;

/// A service that delivers events (SRC-*).
#[derive(Clone, Debug, PartialEq)]
pub struct PushConfig {
    /// From the event to its arrival at Lambda.
    pub latency: Distribution,
    /// Share of events that are delivered twice.
    pub duplicates: Share,
}

/// API Gateway's request rate of the account: requests per second and burst (FE-1, FE-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayRate {
    /// Requests per second.
    pub per_second: u32,
    /// Capacity of the token bucket.
    pub burst: u32,
}

impl Default for GatewayRate {
    fn default() -> GatewayRate {
        GatewayRate {
            per_second: 10_000,
            burst: 5_000,
        }
    }
}

/// Sizes of payloads and responses (INV-4, INV-5).
#[derive(Clone, Debug, PartialEq)]
pub struct TransferConfig {
    /// Size of a request or event.
    pub payload: SizeDistribution,
    /// The largest payload; larger ones are refused with 413.
    pub payload_limit: Bytes,
    /// Size of a response.
    pub response: SizeDistribution,
    /// The largest response; a larger one is a function error.
    pub response_limit: Bytes,
    /// How the response is sent.
    pub mode: ResponseMode,
}

/// How a response is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseMode {
    /// Whole, at the end.
    Buffered,
    /// As it comes (INV-5).
    Streamed {
        /// From the beginning of the handler to the first byte; `None` where that comes at the handler's end.
        first_byte: Option<Distribution>,
    },
}

/// Who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// An entry under `traffic:`.
    #[default]
    Traffic,
    /// A function, destination or topic that passes something on.
    Link,
    /// An event source mapping.
    Mapping,
}

/// A way from a sender to a target.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// Who sends, for reports: a traffic entry, `checkout on_failure` …
    pub name: String,
    /// Where it leads, as an address.
    pub address: String,
    /// Where it leads.
    pub target: Target,
    /// Draws of what is sent over it.
    pub key: StreamKey,
    /// Size of what is sent over it; `None` where sizes play no part.
    pub payload: Option<SizeDistribution>,
    /// The service that delivers what a traffic entry sends over it, if any.
    pub push: Option<PushConfig>,
    /// Whether the service keeps count of invocations in a chain over it (INV-8): SQS, SNS, S3 and Lambda do.
    pub keeps_chain: bool,
}

/// How the clients of a traffic entry retry (SDK-1…5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// Delays and quota.
    pub mode: RetryMode,
    /// Attempts in total, the first included; at least 1.
    pub max_attempts: u32,
    /// Independent clients, each with its own quota; arrival k belongs to client k mod `clients`. At least 1.
    pub clients: u32,
    /// How long a client waits for an answer before it takes the attempt for lost (`client.read_timeout`).
    pub read_timeout: Option<Span>,
}

/// The retry modes of AWS's SDKs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryMode {
    /// SDK-1.
    #[default]
    None,
    /// SDK-2.
    Legacy,
    /// SDK-3: before SW-SDK26.
    Standard,
    /// SDK-5: from SW-SDK26 on.
    Standard2026,
    /// SDK-4 on the delays and costs of SDK-3.
    Adaptive,
    /// SDK-4 on the delays and costs of SDK-5.
    Adaptive2026,
    /// The retrier of a Step Functions task as the console writes it: 2 s, doubled each time, without jitter (FE-7).
    StepFunctions,
    /// Cognito's own: at once, where the function did not answer in time (SRC-5).
    Cognito,
}

impl RetryMode {
    /// Whether clients hold attempts back by themselves (SDK-4).
    pub(super) fn is_adaptive(self) -> bool {
        matches!(self, RetryMode::Adaptive | RetryMode::Adaptive2026)
    }
}

/// One sender towards one function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowConfig {
    /// The sender.
    pub traffic: TrafficId,
    /// The function asked for.
    pub function: FunctionId,
    /// How it is addressed.
    pub qualifier: QualifierId,
    /// How it is invoked.
    pub invocation_type: InvocationType,
    /// Whether its traffic entry has a `transfer`.
    pub sized: bool,
    /// The event source mapping that sends, if one does: then it hears how each invocation ends.
    pub mapping: Option<MappingId>,
    /// Whether its traffic entry comes through a service.
    pub through: bool,
    /// Draws of its arrivals.
    pub key: StreamKey,
}
