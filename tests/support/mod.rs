//! Plans built by hand, for laws that need the library rather than a file. Defaults are those of lambda-model §13: no
//! delays, no jitter, nothing ends by itself.

mod any_plan;
pub mod case;
mod chronicle;
pub mod documents;

pub use any_plan::any_plan;
pub use chronicle::{Chronicle, Rows, chronicle};

use lambdasim::control::ControlConfig;
use lambdasim::facts::{
    Architecture, FlowId, FunctionId, InvocationType, QualifierId, QueueId, Reason, Target, TrafficId, VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::kernel::draws::StreamKey;
use lambdasim::lambda::{
    AccountConfig, AllocationConfig, AsyncQueueConfig, EnvPick, EventInvokeConfig, FlowConfig, FunctionConfig,
    LinkConfig, QualifierConfig, RateShape, RecordsConfig, RetryConfig, RetryMode, ScalingRule, Sender, TrafficConfig,
    VersionConfig,
};
use lambdasim::messaging::QueueConfig;
use lambdasim::pricing::{
    AdjoiningConfig, BillingConfig, Discount, FreeTier, MonthLength, MonthToDate, PriceBook, Rounding,
};
use lambdasim::simulation::{Plan, RunResult, simulate};
use lambdasim::units::{MemoryMb, Rate, Share, SimTime, Span, Timestamp};
use lambdasim::workload::{Process, RateProfile, SourceConfig};

/// An account with one function and one flow, to be changed by hand.
pub fn plan(duration: Span) -> Plan {
    let mut plan = Plan {
        name: "test".into(),
        seed: 1,
        replication: 0,
        start: Timestamp(1_795_132_800_000_000),
        model_date: "2026-11-20".into(),
        warm_up: Span::ZERO,
        duration,
        drain: Span::ZERO,
        account: account(1_000),
        functions: Vec::new(),
        tags: Vec::new(),
        traffic: Vec::new(),
        flows: Vec::new(),
        sources: Vec::new(),
        links: Vec::new(),
        changes: Vec::new(),
        change_steps: Vec::new(),
        queues: Vec::new(),
        streams: Vec::new(),
        topics: Vec::new(),
        until_empty: false,
        control: ControlConfig::default(),
        mappings: Vec::new(),
        billing: BillingConfig {
            region: "us-east-1".into(),
            priced_at: Timestamp(1_795_132_800_000_000),
            book: PriceBook::built_in(),
            free_tier: FreeTier::Off,
            month_to_date: MonthToDate::default(),
            rounding: Rounding::Exact,
            month: MonthLength::Hours730,
            savings_plan: None,
            custom_discount: Discount::NONE,
            budgets: Vec::new(),
            adjoining: AdjoiningConfig::default(),
        },
    };
    plan.account.concurrent_executions = 1_000;
    plan
}

pub fn account(limit: u32) -> AccountConfig {
    AccountConfig {
        concurrent_executions: limit,
        rate_shape: RateShape::FixedSecond,
        rate_refund: true,
        request_growth: false,
        budgets: Vec::new(),
        scaling: ScalingRule::PerFunction,
        scaling_reason: Reason::ConcurrentInvocationLimitExceeded,
        account_rate_reason: Reason::FunctionInvocationRateLimitExceeded,
        billing_granularity: Span::from_millis(1),
        rate_limits_events: false,
        gateway: lambdasim::lambda::GatewayRate::default(),
        subnets: Vec::new(),
        file_systems: Vec::new(),
    }
}

pub fn version(name: &str, duration: Distribution) -> VersionConfig {
    VersionConfig {
        name: name.into(),
        architecture: Architecture::X86_64,
        memory: MemoryMb(1_024),
        ephemeral_storage: MemoryMb(512),
        timeout: Span::from_secs(900),
        placement: Distribution::constant(Span::ZERO),
        init: Distribution::constant(Span::ZERO),
        init_factor: 1.0,
        suppressed_init_factor: 1.0,
        proactive_init: Share::NONE,
        duration,
        per_record: None,
        duration_factor: 1.0,
        first_invoke: Span::ZERO,
        error_rate: Share::NONE,
        crash_rate: Share::NONE,
        init_error_rate: Share::NONE,
        init_billed: true,
        failed_init_billed: true,
        idle: None,
        max_life: None,
        dead_letter: None,
        equipment: None,
    }
}

pub fn qualifier(name: Option<&str>, version: u16) -> QualifierConfig {
    QualifierConfig {
        name: name.map(String::from),
        version: VersionId(version),
        additional: None,
        provisioned: 0,
        event_invoke: EventInvokeConfig {
            maximum_event_age: Span::from_secs(21_600),
            maximum_retry_attempts: 2,
            on_success: None,
            on_failure: None,
        },
    }
}

pub fn function(name: &str, duration: Distribution) -> FunctionConfig {
    FunctionConfig {
        name: name.into(),
        reserved: None,
        versions: vec![version("$LATEST", duration)],
        qualifiers: vec![qualifier(None, 0)],
        env_pick: EnvPick::MostRecentlyUsed,
        turnaround: Span::ZERO,
        overhead: Distribution::constant(Span::ZERO),
        events: AsyncQueueConfig {
            first_dispatch: Distribution::constant(Span::ZERO),
            jitter: None,
            duplicates: Share::NONE,
            slowdown: 1_000,
        },
        redraw_on_retry: false,
        invokes: Vec::new(),
        records: RecordsConfig::default(),
        recursion_allowed: false,
        uses: Vec::new(),
        allocation: AllocationConfig {
            delay: Span::from_secs(90),
            per_minute: 6_000,
        },
    }
}

/// Adds a function; functions must be added in order of their names.
pub fn add_function(plan: &mut Plan, function: FunctionConfig) -> FunctionId {
    plan.functions.push(function.into());
    plan.tags.push(Vec::new());
    FunctionId(plan.functions.len() as u32 - 1)
}

/// Adds a traffic entry without retries; entries must be added in order of their names.
pub fn add_traffic(plan: &mut Plan, name: &str, to: FunctionId, kind: InvocationType, process: Process) -> FlowId {
    let traffic = TrafficId(plan.traffic.len() as u32);
    let flow = FlowId(plan.flows.len() as u32);
    let key = StreamKey::derive(plan.seed, plan.replication, "traffic", name);
    let retry = RetryConfig {
        mode: RetryMode::None,
        max_attempts: 1,
        clients: 1,
        read_timeout: None,
    };
    plan.traffic.push(TrafficConfig {
        name: name.into(),
        sender: Sender::Traffic,
        retry,
        transfer: None,
        through: None,
    });
    plan.flows.push(FlowConfig {
        traffic,
        function: to,
        qualifier: QualifierId(0),
        invocation_type: kind,
        sized: false,
        through: false,
        mapping: None,
        key,
    });
    let until = SimTime::ZERO + plan.duration;
    plan.sources.push(SourceConfig {
        flow,
        key,
        from: SimTime::ZERO,
        until,
        scale: 1.0,
        pass: Share::ALL,
        process,
        changes: Vec::new(),
    });
    flow
}

pub fn poisson(per_second: u64) -> Process {
    let rate = Rate::events(per_second, Span::from_secs(1));
    Process::Poisson(RateProfile {
        points: vec![(SimTime::ZERO, rate)],
        repeat: None,
    })
}

pub fn run(plan: &Plan) -> RunResult {
    simulate(plan, &mut (), None, &mut ()).expect("nothing stops it")
}

/// The same plan with other luck: the keys of all its flows follow from the new seed and replication.
pub fn reseeded(plan: &Plan, seed: u64, replication: u64) -> Plan {
    let mut plan = plan.clone();
    (plan.seed, plan.replication) = (seed, replication);
    for flow in &mut plan.flows {
        flow.key = StreamKey::derive(seed, replication, "traffic", &plan.traffic[flow.traffic.index()].name);
    }
    for source in &mut plan.sources {
        source.key = plan.flows[source.flow.index()].key;
    }
    plan
}

/// How to run the library on one seed of [`any_plan`] again.
pub fn replay(seed: u64) -> String {
    format!("replay with support::any_plan({seed})")
}

/// Queues of these names (ascending), link k leading to queue k.
pub fn add_queues(plan: &mut Plan, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        plan.queues.push(QueueConfig::standard(name));
        plan.links.push(LinkConfig {
            name: "anything".into(),
            address: format!("sqs:{name}"),
            target: Target::Queue(QueueId(index as u32)),
            key: StreamKey::derive(1, 0, "link", name),
            payload: None,
            push: None,
            keeps_chain: true,
        });
    }
}
