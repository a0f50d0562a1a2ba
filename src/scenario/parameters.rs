//! Parameters: what AWS does not document (contract §2.4).

use super::keys::PARAMETERS;
use super::problem::Fault;
use super::reader::{Layers, Reader};
use super::scaling::TrackingParameters;
use super::tree::{Entry, Kind};
use super::values;
use crate::facts::{PackageType, Reason};
use crate::kernel::Distribution;
use crate::lambda::{AllocationConfig, AsyncQueueConfig, EnvPick, RateShape, default_idle, default_max_life};
use crate::pricing::{MonthLength, Rounding};
use crate::units::{Fraction, MemoryMb, Rate, Share, Span};

/// Parameters of one function.
#[derive(Clone, Debug)]
pub(super) struct FunctionParameters {
    placement: Option<Distribution>,
    /// Added to every answer.
    pub overhead: Distribution,
    /// Idle life.
    pub idle: Option<Distribution>,
    /// Maximum life.
    pub max_life: Option<Distribution>,
    /// Which idle environment serves.
    pub env_pick: EnvPick,
    /// Before an environment can be used again.
    pub turnaround: Span,
    /// INIT ahead of the request.
    pub proactive_init: Share,
    /// Whether INIT is boosted.
    pub cpu_boost: bool,
    /// INIT for each MB of package.
    pub init_per_mb: Span,
    /// Restoring a snapshot.
    pub restore: Distribution,
    /// The part of it that is billed.
    pub restore_billed: Distribution,
    /// Mounting a file system.
    pub efs_mount: Distribution,
    /// Making a network interface.
    pub vpc_pending: Distribution,
    /// How provisioned concurrency comes.
    pub allocation: AllocationConfig,
    /// The asynchronous queue.
    pub events: AsyncQueueConfig,
    /// Target tracking.
    pub tracking: TrackingParameters,
    /// Whether retries draw the version again.
    pub redraw_on_retry: bool,
    /// Whether an abandoned INIT is billed where INIT is.
    pub failed_init_billed: bool,
}

impl FunctionParameters {
    /// Time to place an environment (COLD-1).
    pub fn placement(&self, package: PackageType) -> Distribution {
        let default_ms = match package {
            PackageType::Zip => 100,
            PackageType::Image => 200,
        };
        let default = || Distribution::constant(Span::from_millis(default_ms));
        self.placement.clone().unwrap_or_else(default)
    }
}

/// The parameters of a function, from its own and the scenario's.
pub(super) fn of_function(reader: &Reader, layers: &Layers<'_>) -> FunctionParameters {
    let get = |key: &str| layers.get(key);
    let picks = [
        ("mru", EnvPick::MostRecentlyUsed),
        ("newest_created", EnvPick::NewestCreated),
        ("lru", EnvPick::LeastRecentlyUsed),
        ("oldest", EnvPick::Oldest),
        ("random", EnvPick::Random),
    ];
    let pick = get("env_pick").and_then(|entry| reader.choice(entry, &picks.map(|(name, _)| name)));
    let constant_or = |key: &str, default: Span| {
        get(key)
            .and_then(|entry| reader.distribution(entry))
            .unwrap_or_else(|| Distribution::constant(default))
    };
    let failed = get("billing.failed_init").and_then(|entry| reader.value(entry, billed));
    FunctionParameters {
        placement: get("placement").and_then(|entry| reader.distribution(entry)),
        overhead: get("overhead")
            .and_then(|entry| reader.distribution(entry))
            .unwrap_or_else(|| Distribution::constant(Span::from_millis(8))),
        idle: idle(reader, layers),
        max_life: get("max_life")
            .and_then(|entry| reader.distribution_or_off(entry))
            .unwrap_or_else(|| Some(default_max_life())),
        env_pick: pick.map_or(EnvPick::MostRecentlyUsed, |position| picks[position].1),
        turnaround: get("env.turnaround")
            .and_then(|entry| reader.duration(entry))
            .unwrap_or(Span::ZERO),
        proactive_init: get("proactive_init")
            .and_then(|entry| share_or_off(reader, entry))
            .unwrap_or(Share::NONE),
        cpu_boost: get("init.cpu_boost")
            .and_then(|entry| reader.flag(entry))
            .unwrap_or(true),
        init_per_mb: get("init.ms_per_mb")
            .and_then(|entry| reader.duration(entry))
            .unwrap_or(Span::ZERO),
        restore: get("restore")
            .and_then(|entry| reader.distribution(entry))
            .unwrap_or_else(|| Distribution::lognormal_from_quantile(400.0, 0.99, 1_000.0)),
        restore_billed: constant_or("restore.billed", Span::from_millis(120)),
        efs_mount: constant_or("efs.mount", Span::from_millis(300)),
        vpc_pending: constant_or("vpc.pending", Span::from_secs(120)),
        allocation: AllocationConfig {
            delay: get("pc.delay")
                .and_then(|entry| reader.duration(entry))
                .unwrap_or(Span::from_secs(90)),
            per_minute: get("pc.rate")
                .and_then(|entry| reader.value(entry, per_minute))
                .unwrap_or(6_000),
        },
        events: events(reader, layers),
        tracking: tracking(reader, layers),
        redraw_on_retry: get("alias.redraw_on_retry")
            .and_then(|entry| reader.flag(entry))
            .unwrap_or(false),
        failed_init_billed: failed.unwrap_or(true),
    }
}

/// Parameters of target tracking (AAS-4, AAS-6).
fn tracking(reader: &Reader, layers: &Layers<'_>) -> TrackingParameters {
    let points = |key: &str, default| {
        let points = layers.get(key).and_then(|entry| reader.count(entry, 1, 1_000));
        points.map_or(default, |points| points as u32)
    };
    let floor = layers
        .get("aas.scale_in_floor")
        .and_then(|entry| reader.fraction(entry));
    TrackingParameters {
        points_high: points("aas.points_high", 3),
        points_low: points("aas.points_low", 15),
        scale_in_floor: Fraction::from_decimal(floor.unwrap_or(0.9)),
    }
}

/// From an alarm to the rollback of a deployment (DEP-6).
pub(super) fn rollback_lag(reader: &Reader, layers: &Layers<'_>) -> Span {
    let lag = layers.get("rollback_lag").and_then(|entry| reader.duration(entry));
    lag.unwrap_or(Span::from_secs(10))
}

fn billed(text: &str) -> Result<bool, Fault> {
    match text {
        "billed" | "true" | "on" => Ok(true),
        "unbilled" => Ok(false),
        _ if values::is_off(text) => Ok(false),
        _ => Err(Fault::new(format!("is \"{text}\""), "allowed: billed, unbilled")),
    }
}

fn share_or_off(reader: &Reader, entry: &Entry) -> Option<Share> {
    reader.value(entry, share_fraction).map(Share::from_fraction)
}

fn share_fraction(text: &str) -> Result<f64, Fault> {
    if values::is_off(text) {
        Ok(0.0)
    } else {
        values::share(text)
    }
}

/// Idle life: with noise a share of lives ends anywhere in the 240 s in which none should (COLD-7).
fn idle(reader: &Reader, layers: &Layers<'_>) -> Option<Distribution> {
    let given = layers.get("idle").and_then(|entry| reader.distribution_or_off(entry));
    let noise = layers
        .get("idle.noise")
        .and_then(|entry| reader.value(entry, share_fraction));
    let life = given.unwrap_or_else(|| Some(default_idle()))?;
    let early = || Distribution::uniform(0.0, 240e3);
    match noise.unwrap_or(0.0) {
        0.0 => Some(life),
        1.0 => Some(early()),
        noise => Some(Distribution::mixture(vec![(noise, early()), (1.0 - noise, life)])),
    }
}

fn per_minute(text: &str) -> Result<u32, Fault> {
    let rate = values::rate(text)?;
    let per_minute = (rate.per_second() * 60.0).round();
    if !(1.0..=1e9).contains(&per_minute) {
        return Err(Fault::new(
            format!("is {text}"),
            "1/min to a billion a minute is allowed",
        ));
    }
    Ok(per_minute as u32)
}

fn events(reader: &Reader, layers: &Layers<'_>) -> AsyncQueueConfig {
    let get = |key: &str| layers.get(key);
    AsyncQueueConfig {
        first_dispatch: get("async.first_dispatch")
            .and_then(|entry| reader.distribution(entry))
            .unwrap_or_else(|| Distribution::constant(Span::from_millis(30))),
        jitter: get("async.jitter")
            .and_then(|entry| jitter(reader, entry))
            .unwrap_or(Some((1_000, 1_200))),
        duplicates: get("async.duplicates")
            .and_then(|entry| share_or_off(reader, entry))
            .unwrap_or(Share::NONE),
        slowdown: get("async.backlog_slowdown")
            .and_then(|entry| reader.value(entry, slowdown))
            .unwrap_or(1_000),
    }
}

fn slowdown(text: &str) -> Result<u32, Fault> {
    if values::is_off(text) {
        return Ok(1_000);
    }
    let factor = values::factor(text)?;
    if !(1.0..=1e3).contains(&factor) {
        return Err(Fault::new(
            format!("is {text}"),
            "a factor of 1 to 1000, or off, is allowed",
        ));
    }
    Ok((factor * 1e3).round() as u32)
}

/// `off`, `[1.0, 1.2]` or `{ uniform: [1.0, 1.2] }`: factors, in thousandths.
fn jitter(reader: &Reader, entry: &Entry) -> Option<Option<(u32, u32)>> {
    let allowed = "allowed: { uniform: [1.0, 1.2] } with factors of 1 to 10, or off";
    if entry.value.text().is_some_and(values::is_off) {
        return Some(None);
    }
    let node = entry
        .value
        .entry("uniform")
        .map_or(&entry.value, |uniform| &uniform.value);
    if let Kind::List(items) = &node.kind
        && let [low, high] = items.as_slice()
    {
        let low = reader.scalar(low, &entry.key, values::factor)?;
        let high = reader.scalar(high, &entry.key, values::factor)?;
        if (1.0..=high).contains(&low) && high <= 10.0 {
            return Some(Some(((low * 1e3).round() as u32, (high * 1e3).round() as u32)));
        }
    }
    reader.problem(
        entry.value.mark,
        format!("`{}` is {}", entry.key, entry.value.described()),
        allowed,
    );
    None
}

/// Parameters of the account and of the run.
#[derive(Clone, Debug)]
pub(super) struct AccountParameters {
    /// `fe.latency`, for all front ends.
    pub front_latency: Option<Distribution>,
    /// What an HTTP API answers on a throttle (FE-2).
    pub http_api_throttle_status: u16,
    /// Delay of S3 events (SRC-1).
    pub s3_latency: Distribution,
    /// Longest viewer trigger (EDGE-3).
    pub viewer_timeout: Span,
    /// Memory of viewer triggers (EDGE-3).
    pub viewer_memory: MemoryMb,
    /// How request rates are measured.
    pub rate_shape: RateShape,
    /// Whether refused requests give their count back.
    pub rate_refund: bool,
    /// Whether requests per second grow at a bounded rate.
    pub request_growth: bool,
    /// Name of a refusal by the scaling rate.
    pub scaling_reason: Reason,
    /// Name of a refusal by the account's request rate.
    pub account_rate_reason: Reason,
    /// Whether events count towards the request rate.
    pub rate_limits_events: bool,
    /// Offset of schedules; `None` is off.
    pub schedule_jitter: Option<Distribution>,
    /// Whether rate(…) fires at t = 0 as well.
    pub first_firing_at_once: bool,
    /// Patience of clients.
    pub read_timeout: Option<Span>,
    /// How bills are rounded.
    pub rounding: Rounding,
    /// Length of the month.
    pub month: MonthLength,
    /// Whether LIM-2 is lifted.
    pub allow_extended: bool,
    /// Pollers of event sources.
    pub pollers: PollerParameters,
}

/// Parameters of event source mappings.
#[derive(Clone, Debug)]
pub(super) struct PollerParameters {
    /// How long changes of a mapping take (ESM-8).
    pub activation: Distribution,
    /// Poll latency of queues (SQS-2).
    pub latency: Distribution,
    /// Whether pollers grow once a minute (SQS-5).
    pub minute_steps: bool,
    /// How many batches at once go in a minute (SQS-7).
    pub scale_in_per_minute: u32,
    /// First and longest wait before a stream's batch is tried again (STRM-9).
    pub stream_retry: (Span, Span),
    /// By what the number of Kafka's pollers changes (KAF-1).
    pub kafka_step: u32,
    /// First and longest wait of a throttled batch (SQS-12).
    pub retry: (Span, Span),
    /// Whether throttles and errors halve the pollers (SQS-12).
    pub backs_off: bool,
}

/// Waits of a stream's batch (STRM-9).
const STREAM_RETRY: (Span, Span) = (Span::from_secs(1), Span::from_secs(60));
/// The wait where `stream.retry` is off: a function that takes no time must not be tried for ever at one instant.
const SHORTEST_RETRY: Span = Span::from_millis(1);

fn pollers(reader: &Reader, layers: &Layers<'_>) -> PollerParameters {
    let distribution = |key: &str, default: Span| {
        let read = layers.get(key).and_then(|entry| reader.distribution(entry));
        read.unwrap_or_else(|| Distribution::constant(default))
    };
    let ramp = layers.get("sqs.ramp");
    let scale_in = layers.get("sqs.scale_in");
    let queue_retry = layers.get("sqs.backoff").map(|entry| back_off(reader, entry));
    let stream_retry = layers.get("stream.retry");
    let kafka_step = layers.get("kafka.step").and_then(|entry| reader.count(entry, 2, 100));
    PollerParameters {
        stream_retry: match stream_retry {
            Some(entry) if entry.value.text().is_some_and(values::is_off) => (SHORTEST_RETRY, SHORTEST_RETRY),
            Some(entry) => back_off(reader, entry).unwrap_or(STREAM_RETRY),
            None => STREAM_RETRY,
        },
        kafka_step: kafka_step.unwrap_or(2) as u32,
        activation: distribution("esm.activation", Span::from_secs(60)),
        latency: distribution("sqs.latency", Span::from_millis(20)),
        minute_steps: ramp.and_then(|entry| reader.choice(entry, &["continuous", "minute_steps"])) == Some(1),
        scale_in_per_minute: scale_in
            .and_then(|entry| reader.value(entry, per_minute))
            .unwrap_or(300),
        retry: queue_retry
            .flatten()
            .unwrap_or((Span::from_secs(1), Span::from_secs(30))),
        backs_off: !layers
            .get("sqs.backoff")
            .is_some_and(|entry| entry.value.text().is_some_and(values::is_off)),
    }
}

/// The parameters of the account.
pub(super) fn of_account(reader: &Reader, layers: &Layers<'_>) -> AccountParameters {
    let get = |key: &str| layers.get(key);
    let names = Reason::ALL.map(Reason::name);
    let reason = |key: &str, default: Reason| {
        let position = get(key).and_then(|entry| reader.choice(entry, &names));
        position.map_or(default, |position| Reason::ALL[position])
    };
    let flag = |key: &str, default: bool| get(key).and_then(|entry| reader.flag(entry)).unwrap_or(default);
    let chosen = |key: &str, words: &[&str]| get(key).and_then(|entry| reader.choice(entry, words)).unwrap_or(0);
    AccountParameters {
        rate_shape: match chosen("rps.shape", &["fixed_1s", "token_bucket"]) {
            0 => RateShape::FixedSecond,
            _ => RateShape::TokenBucket,
        },
        rate_refund: flag("rps.refund", true),
        request_growth: flag("scale.rps_twin", false),
        scaling_reason: reason(
            "throttle_reason.scaling_rate",
            Reason::ConcurrentInvocationLimitExceeded,
        ),
        account_rate_reason: reason(
            "throttle_reason.account_rate",
            Reason::FunctionInvocationRateLimitExceeded,
        ),
        rate_limits_events: flag("async.rps_nonaws", false),
        schedule_jitter: get("sched.jitter")
            .and_then(|entry| reader.distribution_or_off(entry))
            .unwrap_or_else(|| Some(Distribution::uniform(0.0, 60e3))),
        first_firing_at_once: chosen("sched.first_firing", &["after_interval", "at_once"]) == 1,
        read_timeout: get("client.read_timeout")
            .and_then(|entry| reader.value(entry, duration_or_off))
            .flatten(),
        rounding: match chosen("billing.rounding", &["exact", "page"]) {
            0 => Rounding::Exact,
            _ => Rounding::Page,
        },
        month: get("billing.month")
            .and_then(|entry| reader.value(entry, month))
            .unwrap_or(MonthLength::Hours730),
        allow_extended: flag("lim.allow_extended", false),
        pollers: pollers(reader, layers),
        front_latency: layers.get("fe.latency").and_then(|entry| reader.distribution(entry)),
        http_api_throttle_status: match layers
            .get("fe.httpapi_throttle_status")
            .map(|entry| reader.choice(entry, &["500", "503"]))
        {
            Some(Some(1)) => 503,
            _ => 500,
        },
        s3_latency: layers
            .get("s3.latency")
            .and_then(|entry| reader.distribution(entry))
            .unwrap_or_else(|| Distribution::lognormal_from_quantile(1_000.0, 0.99, 5_000.0)),
        viewer_timeout: layers
            .get("edge.viewer_timeout")
            .and_then(|entry| reader.duration(entry))
            .unwrap_or(Span::from_secs(5)),
        viewer_memory: layers
            .get("edge.viewer_memory")
            .and_then(|entry| reader.value(entry, values::memory))
            .unwrap_or(MemoryMb(128)),
    }
}

fn duration_or_off(text: &str) -> Result<Option<Span>, Fault> {
    if values::is_off(text) {
        return Ok(None);
    }
    match values::duration(text)? {
        Span::ZERO => Err(Fault::new("is 0 s", "a duration above 0, or none, is allowed")),
        span => Ok(Some(span)),
    }
}

fn month(text: &str) -> Result<MonthLength, Fault> {
    let fault = || Fault::new(format!("is \"{text}\""), "allowed: 730 h, calendar");
    match text {
        "calendar" => Ok(MonthLength::Calendar),
        _ => match values::duration(text) {
            Ok(span) if span == Span::from_secs(730 * 3_600) => Ok(MonthLength::Hours730),
            _ => Err(fault()),
        },
    }
}

/// First and longest wait; `None` where they are off or wrong.
fn back_off(reader: &Reader, entry: &Entry) -> Option<(Span, Span)> {
    let allowed =
        "allowed: a list of two durations such as [1 s, 30 s], the first above 0 and not the longer one, or off";
    if entry.value.text().is_some_and(values::is_off) {
        return None;
    }
    let items = reader.list(entry, allowed)?;
    let waits: Vec<Span> = items
        .iter()
        .filter_map(|item| reader.scalar(item, &entry.key, values::duration))
        .collect();
    match waits[..] {
        [first, longest] if !first.is_zero() && first <= longest && items.len() == 2 => Some((first, longest)),
        _ if waits.len() < items.len() => None,
        _ => {
            let found = format!("`{}` is {}", entry.key, entry.value.compact());
            reader.problem(entry.value.mark, found, allowed);
            None
        }
    }
}

/// The parameters under `layers` that differ from their defaults, as they are written.
pub(super) fn changed(entries: &[Entry], prefix: &str) -> Vec<(String, String)> {
    let differs = |entry: &&Entry| {
        let default = PARAMETERS.find(&entry.key).map_or("", |key| key.default);
        !same_value(&entry.value.compact(), default)
    };
    let pair = |entry: &Entry| (format!("{prefix}{}", entry.key), entry.value.compact());
    entries.iter().filter(differs).map(pair).collect()
}

fn same_value(given: &str, default: &str) -> bool {
    let plain = |text: &str| -> String {
        match text {
            "none" | "off" | "false" => "off".to_owned(),
            "true" | "on" => "on".to_owned(),
            _ => text.chars().filter(|c| !c.is_whitespace()).collect(),
        }
    };
    let durations = (values::duration(given), values::duration(default));
    let shares = (values::share(given), values::share(default));
    plain(given) == plain(default)
        || matches!(durations, (Ok(a), Ok(b)) if a == b)
        || matches!(shares, (Ok(a), Ok(b)) if a == b)
        || matches!((values::rate(given), values::rate(default)), (Ok(a), Ok(b)) if same_rate(a, b))
}

fn same_rate(a: Rate, b: Rate) -> bool {
    a == b || a.per_micro() == b.per_micro()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_at_its_default_in_other_words_is_not_changed() {
        assert!(same_value("false", "off") && same_value("8ms", "8 ms") && same_value("0.09 s", "90 ms"));
        assert!(same_value("100/s", "6000/min") && same_value("0", "0 %"));
        assert!(same_value("{ uniform: [1.0, 1.2] }", "{ uniform: [1.0, 1.2] }"));
        assert!(!same_value("off", "{ uniform: [1.0, 1.2] }") && !same_value("9 ms", "8 ms"));
    }
}
