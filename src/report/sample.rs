//! Hand-made results for the tests of this room.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ExpectationResult, ReportInput};
use crate::control::{
    AlarmConfig, AlarmRule, Comparison, ControlConfig, ControlSummary, DeploymentConfig, DeploymentStatus, Dimension,
    Metric, MissingData, ScalingConfig, Statistic, canary,
};
use crate::facts::{
    Action, AlarmId, AlarmState, Architecture, DeploymentId, DeploymentStep, FlowId, FunctionId, InvocationType,
    QualifierId, QueueId, Reason, ScalingCause, StartKind, TrafficId, VersionId,
};
use crate::kernel::Distribution;
use crate::kernel::draws::StreamKey;
use crate::lambda::{
    AccountConfig, AllocationConfig, AsyncQueueConfig, EnvPick, EventInvokeConfig, FlowConfig, FunctionConfig,
    GatewayRate, Peaks, QualifierConfig, RateShape, RecordsConfig, RetryConfig, ScalingRule, Sender, TrafficConfig,
    VersionConfig,
};
use crate::messaging::QueueConfig;
use crate::metrics::{
    AccountSummary, AsyncSummary, Bucket, Counts, FunctionSteps, FunctionSummary, GaugeSummary, LatencyRow,
    LatencySummary, QueueSummary, RetrySummary, SourceId, SourceSteps, Summary, TimelineSummary, TrafficSummary,
    VersionSummary,
};
use crate::pricing::{
    AdjoiningConfig, Bill, BillingConfig, CostAnswers, Discount, FreeTier, Item, Line, LineShare, MonthLength,
    MonthToDate, PriceBook, ProvisionedTimes, Quantity, Rounding, Usage,
};
use crate::simulation::{AdjoiningCost, Plan, RunResult};
use crate::units::{Fraction, MemoryMb, Money, Rate, Share, SimTime, Span, Timestamp};
use crate::workload::{Process, RateProfile, SourceConfig};

/// 2026-11-27T00:00:00Z.
const BLACK_FRIDAY: Timestamp = Timestamp(1_795_737_600_000_000);

/// A plan, its result and what goes around them.
pub(super) struct Sample {
    pub(super) plan: Plan,
    pub(super) result: RunResult,
    pub(super) changed: Vec<(String, String)>,
    warnings: Vec<String>,
    pub(super) expectations: Vec<ExpectationResult>,
}

impl Sample {
    pub(super) fn input(&self) -> ReportInput<'_> {
        ReportInput {
            plan: &self.plan,
            result: &self.result,
            version: "0.1.0",
            question: Some("Does the shop stay inside its reserved concurrency on Black Friday?"),
            source_text: "# Does the shop stay inside its reserved concurrency on Black Friday?\nname: black-friday\n",
            changed_parameters: &self.changed,
            warnings: &self.warnings,
            expectations: &self.expectations,
            replications: None,
            advice: None,
            sensitivity: None,
        }
    }

    /// One function to which nothing happened.
    pub(super) fn blank() -> Sample {
        let plan = plan(vec![function("checkout", None)]);
        let result = RunResult {
            summary: Summary {
                traffic: vec![TrafficSummary::default()],
                functions: vec![FunctionSummary {
                    by_version: vec![VersionSummary::default(); 2],
                    ..FunctionSummary::default()
                }],
                queues: vec![QueueSummary::default()],
                ..Summary::default()
            },
            timeline: TimelineSummary::default(),
            usage: Usage::default(),
            bill: Bill::default(),
            monthly_estimate: Bill::default(),
            adjoining: AdjoiningCost::default(),
            cost_answers: CostAnswers::default(),
            budget_alerts: Vec::new(),
            provisioned_times: ProvisionedTimes::default(),
            control: ControlSummary::default(),
            refused_changes: Vec::new(),
            peaks: Peaks::default(),
        };
        Sample {
            plan,
            result,
            changed: Vec::new(),
            warnings: Vec::new(),
            expectations: Vec::new(),
        }
    }

    /// A day on which a reserved function is throttled at noon and another one is called rarely.
    pub(super) fn busy() -> Sample {
        let mut sample = Sample::blank();
        sample.plan = plan(vec![function("checkout", Some(300)), function("fulfil", None)]);
        sample.plan.tags = vec![vec!["team=payments".to_owned()], vec!["team=web".to_owned()]];
        sample.result = RunResult {
            summary: busy_summary(),
            timeline: busy_timeline(),
            usage: Usage::default(),
            bill: bill(1),
            monthly_estimate: bill(30),
            adjoining: AdjoiningCost::default(),
            cost_answers: CostAnswers::default(),
            budget_alerts: Vec::new(),
            provisioned_times: ProvisionedTimes::default(),
            control: ControlSummary::default(),
            refused_changes: Vec::new(),
            peaks: Peaks::default(),
        };
        sample.changed = vec![("idle".to_owned(), "600 s".to_owned())];
        sample.warnings = vec!["prices of this region are estimated".to_owned()];
        sample.expectations = vec![
            expectation("functions.checkout.Throttles == 0", 41_250.0, false),
            expectation("cost.monthly_estimate <= 900 USD", 86.4, true),
        ];
        sample
    }

    /// An hour that is really simulated: 50 requests a second of 400 ms to a function with 20 reserved slots.
    pub(super) fn simulated_plan() -> Plan {
        let mut plan = plan(vec![function("checkout", Some(20)), function("fulfil", None)]);
        plan.duration = Span::from_secs(3_600);
        for version in &mut plan.function_mut(0).versions {
            version.duration = Distribution::exponential(400.0);
        }
        plan
    }

    /// A plan with its own result.
    pub(super) fn of(plan: Plan, result: RunResult) -> Sample {
        Sample {
            plan,
            result,
            ..Sample::blank()
        }
    }

    /// With an alarm that takes a deployment back, and a scalable target.
    pub(super) fn controlled() -> Sample {
        let mut sample = Sample::busy();
        let at = |seconds| SimTime::ZERO + Span::from_secs(seconds);
        let (alarm, deployment) = (AlarmId(0), DeploymentId(0));
        sample.plan.control = ControlConfig {
            alarms: vec![alarm_config()],
            scaling: vec![scaling_config()],
            deployments: vec![deployment_config()],
        };
        let mut control = ControlSummary::blank(&sample.plan.control);
        control.alarms[0].first = Some(at(120));
        control.scaling[0].refused = 1;
        control.deployments[0].status = DeploymentStatus::RolledBack;
        control.deployments[0].ended = Some(at(130));
        control.deployments[0].failure = Some(DeploymentStep::Alarmed(alarm));
        let step = |step| Action::Deployment { deployment, step };
        let state = AlarmState::Alarm;
        let refused = Action::Scaling {
            function: FunctionId(0),
            qualifier: QualifierId(1),
            from: 20,
            to: 30,
            cause: ScalingCause::Schedule,
            accepted: false,
        };
        control.journal = vec![
            (at(60), step(DeploymentStep::Shifted(Share::from_fraction(0.1)))),
            (at(90), refused),
            (at(120), Action::Alarm { alarm, state }),
            (at(130), step(DeploymentStep::RolledBack)),
        ];
        sample.result.control = control;
        sample
    }

    /// As busy as [`Sample::busy`], with many more functions.
    pub(super) fn crowded(functions: usize) -> Sample {
        let mut sample = Sample::busy();
        let names = (0..functions).map(|number| format!("function-with-a-rather-long-name-{number:04}"));
        sample.plan.functions = names.map(|name| function(&name, None)).collect();
        sample.plan.tags = vec![Vec::new(); functions];
        let model = sample.result.summary.functions[0].clone();
        sample.result.summary.functions = vec![model; functions];
        sample
    }
}

fn alarm_config() -> AlarmConfig {
    AlarmConfig {
        name: "errors".to_owned(),
        metric: Metric::Errors,
        dimension: Dimension::Function(FunctionId(0)),
        statistic: Statistic::Sum,
        period: Span::from_secs(60),
        rule: AlarmRule {
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            comparison: Comparison::Above,
            threshold: Fraction::ZERO,
            missing: MissingData::Missing,
        },
        changes: Vec::new(),
    }
}

fn scaling_config() -> ScalingConfig {
    ScalingConfig {
        function: FunctionId(0),
        qualifier: QualifierId(1),
        initial: 20,
        minimum: 10,
        maximum: 40,
        policies: Vec::new(),
        scheduled: Vec::new(),
    }
}

fn deployment_config() -> DeploymentConfig {
    DeploymentConfig {
        name: "new".to_owned(),
        at: SimTime::ZERO,
        function: FunctionId(0),
        qualifier: QualifierId(1),
        to_version: VersionId(1),
        steps: canary(Share::from_fraction(0.1), Span::from_secs(300)),
        alarms: vec![AlarmId(0)],
        rollback_lag: Span::from_secs(10),
        before_traffic: None,
        after_traffic: None,
        key: StreamKey::derive(0, 0, "deployment", "new"),
    }
}

fn expectation(text: &str, value: f64, ok: bool) -> ExpectationResult {
    ExpectationResult {
        text: text.to_owned(),
        value: Some(value),
        ok,
        held: None,
    }
}

fn busy_functions() -> (FunctionSummary, FunctionSummary) {
    let checkout_times = times(4_300_000, 86.0, 1.0);
    let fulfil_times = times(312, 24.0, 0.3);
    let checkout = FunctionSummary {
        counts: busy_counts(),
        throttles_by_reason: [1_250, 40_000, 0, 0, 0],
        throttles_by_cause: [0, 40_000, 0, 1_250, 0, 0],
        rejected_by_error: BTreeMap::new(),
        restore: LatencySummary::default(),
        extensions: LatencySummary::default(),
        init: times(2_210, 310.0, 1.0),
        concurrent_executions: GaugeSummary { max: 300, mean: 61.5 },
        environments: GaugeSummary { max: 300, mean: 120.25 },
        environments_created: 2_210,
        environments_used: 2_205,
        environments_idle_mean: 58.75,
        duration: times(4_310_000, 78.0, 0.9),
        latency: checkout_times,
        provisioned_invocations: 1_000_000,
        provisioned_spillover: 20_000,
        provisioned_utilization_max: 1.0,
        asynchronous: AsyncSummary::default(),
        by_version: vec![
            VersionSummary {
                invocations: 4_000_000,
                errors: 8_000,
                cold_starts: 2_000,
            },
            VersionSummary {
                invocations: 310_000,
                errors: 620,
                cold_starts: 210,
            },
        ],
    };
    let fulfil = FunctionSummary {
        counts: Counts {
            arrivals: 312,
            succeeded: 312,
            requests: 312,
            invocations: 312,
            cold_starts: 40,
            ..Counts::default()
        },
        concurrent_executions: GaugeSummary { max: 4, mean: 0.01 },
        latency: fulfil_times,
        asynchronous: AsyncSummary {
            received: 12_000,
            dropped: 10,
            expired: 4,
            exhausted: 6,
            retries_throttled: 79,
            event_age: times(12_100, 30.0, 4.0),
            latency: times(11_990, 120.0, 2.0),
            ..AsyncSummary::default()
        },
        by_version: vec![VersionSummary::default(); 2],
        ..FunctionSummary::default()
    };
    (checkout, fulfil)
}

fn busy_summary() -> Summary {
    let (checkout, fulfil) = busy_functions();
    Summary {
        totals: busy_counts(),
        budgets: Vec::new(),
        account: AccountSummary {
            concurrent_executions: GaugeSummary { max: 304, mean: 61.51 },
            unreserved_concurrent_executions: GaugeSummary { max: 4, mean: 0.01 },
            claimed_account_concurrency_max: 304,
        },
        traffic: vec![TrafficSummary {
            counts: busy_counts(),
            latency: times(4_300_000, 86.0, 1.0),
            latency_all: times(4_341_250, 85.0, 1.0),
            time_to_first_byte: LatencySummary::default(),
            status: BTreeMap::new(),
            retries: RetrySummary::default(),
        }],
        functions: vec![checkout, fulfil],
        queues: vec![QueueSummary {
            sent: 6,
            waiting: 6,
            depth_max: 6,
            ..QueueSummary::default()
        }],
        streams: Vec::new(),
        latency: vec![LatencyRow {
            traffic: TrafficId(0),
            function: FunctionId(0),
            qualifier: QualifierId(1),
            invocation_type: InvocationType::RequestResponse,
            start: StartKind::Warm,
            latency: LatencySummary {
                count: 2,
                mean: 1.5,
                p50: 1.0,
                p90: 2.0,
                p95: 2.0,
                p99: 2.0,
                p99_9: 2.0,
                max: 2.0,
            },
        }],
        fingerprint: 0xABC,
    }
}

fn busy_counts() -> Counts {
    Counts {
        arrivals: 4_350_000,
        succeeded: 4_300_000,
        failed: 8_620,
        throttled: 41_250,
        in_flight_at_end: 130,
        requests: 4_351_250,
        invocations: 4_310_000,
        errors: 8_620,
        throttles: 41_250,
        cold_starts: 2_210,
        ..Counts::default()
    }
}

fn times(count: u64, median: f64, spread: f64) -> LatencySummary {
    LatencySummary {
        count,
        mean: median * (1.0 + 0.4 * spread),
        p50: median,
        p90: median * (1.0 + 2.0 * spread),
        p95: median * (1.0 + 3.0 * spread),
        p99: median * (1.0 + 7.0 * spread),
        p99_9: median * (1.0 + 12.0 * spread),
        max: median * (1.0 + 20.0 * spread),
    }
}

fn busy_timeline() -> TimelineSummary {
    const STEPS: u64 = 288;
    let step = Span::from_secs(300);
    // A triangle: nothing at midnight, most at noon.
    let height = |number: u64| (STEPS / 2 - number.abs_diff(STEPS / 2)) as f64 / (STEPS / 2) as f64;
    let bucket = |number: u64| {
        let height = height(number);
        let wanted = (height * 380.0) as u64;
        let refused = wanted.saturating_sub(300);
        let night = number < 3;
        Bucket {
            start: SimTime::ZERO + Span::from_secs(300 * number),
            arrivals: wanted * 60,
            invocations: wanted.min(300) * 60,
            errors: wanted / 10,
            cold_starts: if number.is_multiple_of(7) {
                wanted / 12
            } else {
                wanted / 60
            },
            throttles: [
                0,
                refused * 12,
                0,
                refused * u64::from(number.is_multiple_of(3)) * 2,
                0,
                0,
            ],
            backlog: 0,
            concurrency_max: wanted.min(300) + 4,
            concurrency_mean: wanted.min(300) as f64 * 0.8,
            latency_p50_ms: (!night).then_some(80.0 + 10.0 * height),
            latency_p99_ms: (!night).then_some(350.0 + 400.0 * height + 35.0 * (number % 5) as f64),
            billed_mb_ms: u128::from(wanted.min(300)) * 1_000_000,
            ..Bucket::default()
        }
    };
    let curve = |low: f64, high: f64| {
        (0..=100u32)
            .map(|p| low + (high - low) * f64::from(p * p * p) / 1e6)
            .collect()
    };
    TimelineSummary {
        step,
        buckets: (0..STEPS).map(bucket).collect(),
        functions: vec![
            FunctionSteps {
                function: FunctionId(0),
                concurrency_max: (0..STEPS).map(|n| (height(n) * 380.0).min(300.0) as u32).collect(),
                concurrency_mean: (0..STEPS).map(|n| (height(n) * 300.0).min(240.0)).collect(),
                throttles: vec![0; 288],
            },
            FunctionSteps {
                function: FunctionId(1),
                concurrency_max: vec![4; 288],
                concurrency_mean: vec![0.01; 288],
                throttles: vec![0; 288],
            },
        ],
        sources: vec![SourceSteps {
            source: SourceId::Queue(QueueId(0)),
            waiting: (0..STEPS).map(|step| step / 48).collect(),
            waiting_min: (0..STEPS).map(|step| step / 96).collect(),
            age_ms: (0..STEPS)
                .map(|step| (step == 1 || step == 200).then_some(500.0))
                .collect(),
        }],
        latency_quantiles: [
            (2_210, curve(380.0, 1_900.0)),
            (4_298_000, curve(40.0, 800.0)),
            (0, Vec::new()),
        ],
        ..TimelineSummary::default()
    }
}

fn bill(times: i128) -> Bill {
    let line = |item, usage_type: &str, unit, atoms: i128, per_unit: i128, unit_price: i128| {
        let quantity = Quantity {
            atoms: atoms * times,
            per_unit,
        };
        let amount = Money::from_atoms(quantity.atoms * unit_price * (1_024_000 / per_unit));
        Line {
            item,
            architecture: Some(Architecture::X86_64),
            tier: 1,
            month: "2026-11".to_owned(),
            usage_type: usage_type.to_owned(),
            quantity,
            unit,
            unit_price,
            amount,
            estimated: item == Item::Duration,
            source: "price list".to_owned(),
            shares: vec![LineShare {
                function: FunctionId(0),
                qualifier: QualifierId(1),
                quantity,
                amount,
            }],
        }
    };
    let lines = vec![
        line(Item::Request, "Request", "request", 4_310_000, 1, 200_000_000),
        line(
            Item::Duration,
            "Lambda-GB-Second",
            "GB-second",
            123_456_789_000,
            1_024_000,
            16_666_700_000,
        ),
    ];
    let total = lines.iter().map(|line| line.amount).sum();
    Bill { lines, total }
}

fn function(name: &str, reserved: Option<u32>) -> Arc<FunctionConfig> {
    let none = || Distribution::constant(Span::ZERO);
    let version = |name: &str| VersionConfig {
        name: name.to_owned(),
        architecture: Architecture::X86_64,
        memory: MemoryMb(1_024),
        ephemeral_storage: MemoryMb(512),
        timeout: Span::from_secs(10),
        placement: none(),
        init: none(),
        init_factor: 1.0,
        suppressed_init_factor: 1.0,
        proactive_init: Share::NONE,
        duration: none(),
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
    };
    let qualifier = |name: Option<&str>, version| QualifierConfig {
        name: name.map(str::to_owned),
        version: VersionId(version),
        additional: None,
        provisioned: 0,
        event_invoke: EventInvokeConfig {
            maximum_event_age: Span::from_secs(21_600),
            maximum_retry_attempts: 2,
            on_success: None,
            on_failure: None,
        },
    };
    Arc::new(FunctionConfig {
        name: name.to_owned(),
        reserved,
        versions: vec![version("$LATEST"), version("1")],
        qualifiers: vec![qualifier(None, 0), qualifier(Some("1"), 1)],
        env_pick: EnvPick::MostRecentlyUsed,
        turnaround: Span::ZERO,
        overhead: none(),
        events: AsyncQueueConfig {
            first_dispatch: none(),
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
            delay: Span::ZERO,
            per_minute: 6_000,
        },
    })
}

fn plan(functions: Vec<Arc<FunctionConfig>>) -> Plan {
    let key = StreamKey::derive(7, 0, "arrival", "shoppers");
    let always = RateProfile {
        points: vec![(SimTime::ZERO, Rate::events(50, Span::from_secs(1)))],
        repeat: None,
    };
    Plan {
        name: "black-friday".to_owned(),
        seed: 7,
        replication: 0,
        start: BLACK_FRIDAY,
        model_date: "2026-11-20".to_owned(),
        warm_up: Span::ZERO,
        duration: Span::from_secs(86_400),
        drain: Span::ZERO,
        account: account(),
        tags: vec![Vec::new(); functions.len()],
        functions,
        traffic: vec![TrafficConfig {
            name: "shoppers".to_owned(),
            sender: Sender::Traffic,
            retry: RetryConfig::NONE,
            transfer: None,
            through: None,
        }],
        flows: vec![FlowConfig {
            traffic: TrafficId(0),
            function: FunctionId(0),
            qualifier: QualifierId(1),
            invocation_type: InvocationType::RequestResponse,
            sized: false,
            through: false,
            mapping: None,
            key,
        }],
        sources: vec![SourceConfig {
            flow: FlowId(0),
            key,
            from: SimTime::ZERO,
            until: SimTime::MAX,
            scale: 1.0,
            pass: Share::ALL,
            process: Process::Poisson(always),
            changes: Vec::new(),
        }],
        links: Vec::new(),
        queues: vec![QueueConfig::standard("dead")],
        streams: Vec::new(),
        topics: Vec::new(),
        until_empty: false,
        control: ControlConfig::default(),
        mappings: Vec::new(),
        changes: Vec::new(),
        change_steps: Vec::new(),
        billing: BillingConfig {
            region: "us-east-1".to_owned(),
            priced_at: BLACK_FRIDAY,
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
    }
}

fn account() -> AccountConfig {
    AccountConfig {
        concurrent_executions: 1_000,
        rate_shape: RateShape::FixedSecond,
        rate_refund: true,
        request_growth: false,
        budgets: Vec::new(),
        scaling: ScalingRule::PerFunction,
        scaling_reason: Reason::ConcurrentInvocationLimitExceeded,
        account_rate_reason: Reason::FunctionInvocationRateLimitExceeded,
        billing_granularity: Span::from_millis(1),
        rate_limits_events: false,
        gateway: GatewayRate::default(),
        subnets: Vec::new(),
        file_systems: Vec::new(),
    }
}
