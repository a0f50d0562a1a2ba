//! How sure the numbers are, and what theory says beside them.

use statrs::distribution::{Binomial, ContinuousCDF, Discrete, DiscreteCDF, Normal, Poisson};

use crate::facts::{Cause, FunctionId, InvocationType};
use crate::kernel::math::ln;
use crate::metrics::LatencySummary;
use crate::simulation::{Plan, RunResult};
use crate::units::SimTime;
use crate::workload::{Process, SourceConfig};

/// Both ends of a 95 % confidence interval lie at these quantiles of the estimator.
const LOWER: f64 = 0.025;
const UPPER: f64 = 0.975;

/// Wilson's 95 % interval of a share, taking the trials as independent. `None` without trials.
pub(super) fn share_interval(hits: u64, trials: u64) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let z = Normal::standard().inverse_cdf(UPPER);
    let (n, p) = (trials as f64, hits as f64 / trials as f64);
    let scale = 1.0 + z * z / n;
    let middle = (p + z * z / (2.0 * n)) / scale;
    let half = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

/// A 95 % interval of the 99 % quantile in ms: binomial order statistics give its ranks; the values there are read off
/// the known quantiles, with an exponential tail between them. `None` where too few samples bound it.
pub(super) fn p99_interval(times: &LatencySummary) -> Option<(f64, f64)> {
    let below = Binomial::new(0.99, times.count).ok()?;
    let (first, last) = (below.inverse_cdf(LOWER), below.inverse_cdf(UPPER) + 1);
    if times.count < 2 || last > times.count {
        return None;
    }
    let count = times.count as f64;
    Some((tail(times, first as f64 / count), tail(times, last as f64 / count)))
}

/// The value at quantile `q`, between the quantiles that a summary keeps.
fn tail(times: &LatencySummary, q: f64) -> f64 {
    let beyond_last = 0.5 / times.count as f64;
    let known = [
        (0.5, times.p50),
        (0.1, times.p90),
        (0.05, times.p95),
        (0.01, times.p99),
        (0.001, times.p99_9),
        (beyond_last, times.max),
    ];
    let beyond = (1.0 - q).max(beyond_last);
    for pair in known.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        if to < from && (to..=from).contains(&beyond) {
            return low + (high - low) * ln(from / beyond) / ln(from / to);
        }
    }
    times.max
}

/// Erlang's loss formula beside a simulated function to which it applies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LossComparison {
    /// Which function.
    pub(super) function: FunctionId,
    /// Reserved concurrency: the servers.
    pub(super) servers: u32,
    /// Offered load in erlangs: arrival rate times the mean time an invocation holds its slot.
    pub(super) load: f64,
    /// Share of requests that the formula loses.
    pub(super) expected: f64,
    /// Share that the simulation throttled.
    pub(super) simulated: f64,
}

/// Probability that an arrival finds all `servers` busy under Poisson `load` without waiting room, whatever the
/// distribution of the service time.
pub(super) fn erlang_b(servers: u32, load: f64) -> Option<f64> {
    let busy = Poisson::new(load).ok()?;
    let servers = u64::from(servers);
    let within = busy.cdf(servers);
    (within > 0.0).then(|| busy.pmf(servers) / within)
}

/// Every function that is a loss system: reserved, called synchronously and only by Poisson traffic of constant rate
/// without retries, nothing provisioned, and throttled by nothing but its reservation (CONC-6).
pub(super) fn loss_comparisons(plan: &Plan, result: &RunResult) -> Vec<LossComparison> {
    let ids = (0..plan.functions.len() as u32).map(FunctionId);
    ids.filter_map(|function| loss_comparison(plan, result, function))
        .collect()
}

fn loss_comparison(plan: &Plan, result: &RunResult, function: FunctionId) -> Option<LossComparison> {
    let config = &plan.functions[function.index()];
    let summary = &result.summary.functions[function.index()];
    let servers = config.reserved.filter(|reserved| *reserved > 0)?;
    let provisioned = config.qualifiers.iter().any(|qualifier| qualifier.provisioned > 0);
    let by_reservation = summary.throttles_by_cause[Cause::ReservedConcurrency as usize];
    let counts = &summary.counts;
    let changes = !plan.changes.is_empty();
    let mut flows = plan.flows.iter().filter(|flow| flow.function == function);
    let polled = flows.any(|flow| flow.mapping.is_some());
    if changes
        || polled
        || provisioned
        || counts.invocations == 0
        || by_reservation != counts.throttles
        || !is_poisson(plan, function)
    {
        return None;
    }
    // Rate times holding time, where by Little's law the accepted requests alone hold the mean concurrency.
    let load = summary.concurrent_executions.mean * counts.requests as f64 / counts.invocations as f64;
    Some(LossComparison {
        function,
        servers,
        load,
        expected: erlang_b(servers, load)?,
        simulated: counts.throttles as f64 / counts.requests as f64,
    })
}

/// Whether all traffic comes at one rate over the whole window that counts, so that there is a level to come to.
pub(super) fn keeps_one_level(plan: &Plan) -> bool {
    let level = |source: &SourceConfig| match &source.process {
        Process::Constant(_) => spans_window(plan, source),
        _ => is_steady(plan, source),
    };
    plan.changes.is_empty() && !plan.sources.is_empty() && plan.sources.iter().all(level)
}

fn is_poisson(plan: &Plan, function: FunctionId) -> bool {
    let flows = plan.flows.iter().enumerate();
    let mut towards = flows.filter(|(_, flow)| flow.function == function).peekable();
    towards.peek().is_some()
        && towards.all(|(number, flow)| {
            let mut sources = plan.sources.iter().filter(|source| source.flow.index() == number);
            flow.invocation_type == InvocationType::RequestResponse
                && plan.traffic[flow.traffic.index()].retry.max_attempts <= 1
                && sources.all(|source| is_steady(plan, source))
        })
}

/// Poisson arrivals of one rate over the whole window that counts.
fn is_steady(plan: &Plan, source: &SourceConfig) -> bool {
    let steady = matches!(&source.process, Process::Poisson(profile) if profile.points.len() == 1);
    steady && spans_window(plan, source)
}

fn spans_window(plan: &Plan, source: &SourceConfig) -> bool {
    source.from <= SimTime::ZERO + plan.warm_up && source.until >= SimTime::ZERO + plan.duration
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FlowId;
    use crate::report::sample::Sample;

    #[test]
    fn erlang_b_agrees_with_its_recursion() {
        // B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)).
        let by_recursion = |servers: u32, load: f64| {
            (1..=servers).fold(1.0, |blocked, c| load * blocked / (f64::from(c) + load * blocked))
        };
        for (servers, load) in [(1, 1.0), (10, 7.0), (100, 90.0), (300, 320.0)] {
            let expected = by_recursion(servers, load);
            assert!(
                (erlang_b(servers, load).unwrap() - expected).abs() < 1e-9,
                "{servers}, {load}"
            );
        }
        assert_eq!(erlang_b(10, f64::NAN), None);
    }

    #[test]
    fn wilson_interval_of_ten_in_a_hundred() {
        // Textbook: 10 of 100 gives 5.52 % to 17.44 %.
        let (low, high) = share_interval(10, 100).unwrap();
        assert!(
            (low - 0.0552).abs() < 5e-5 && (high - 0.1744).abs() < 5e-5,
            "{low}, {high}"
        );
        assert_eq!(share_interval(0, 0), None);
    }

    #[test]
    fn p99_interval_of_an_exponential_tail_is_read_at_its_order_statistics() {
        // Exponential with mean 1,000 ms: quantile q lies at -1000 ln(1 - q).
        let at = |beyond: f64| -1_000.0 * ln(beyond);
        let times = LatencySummary {
            count: 10_000,
            mean: 1_000.0,
            p50: at(0.5),
            p90: at(0.1),
            p95: at(0.05),
            p99: at(0.01),
            p99_9: at(0.001),
            max: at(0.000_05),
        };
        // 9,900 +- 1.96 * sqrt(10,000 * 0.99 * 0.01) = 9,880.5 to 9,919.5.
        let (low, high) = p99_interval(&times).unwrap();
        assert!(
            (low - at(0.0120)).abs() < 25.0 && (high - at(0.0080)).abs() < 25.0,
            "{low}, {high}"
        );
        let few = LatencySummary { count: 100, ..times };
        assert_eq!(p99_interval(&few), None);
    }

    #[test]
    fn a_reserved_function_under_steady_poisson_load_is_compared_with_erlang_b() {
        let mut sample = Sample::busy();
        let summary = &mut sample.result.summary.functions[0];
        summary.throttles_by_cause = [0, 41_250, 0, 0, 0, 0];
        let [found] = &loss_comparisons(&sample.plan, &sample.result)[..] else {
            panic!("one function applies")
        };
        // 61.5 busy on average with 4,310,000 of 4,351,250 requests: 61.5 / 4,310,000 * 4,351,250 = 62.0886.
        assert_eq!((found.function, found.servers), (FunctionId(0), 300));
        assert!((found.load - 62.088_6).abs() < 1e-4, "{}", found.load);
        assert!((found.simulated - 41_250.0 / 4_351_250.0).abs() < 1e-12);
    }

    #[test]
    fn theory_is_left_out_where_it_does_not_apply() {
        let applies = |change: &dyn Fn(&mut Sample)| {
            let mut sample = Sample::busy();
            sample.result.summary.functions[0].throttles_by_cause = [0, 41_250, 0, 0, 0, 0];
            change(&mut sample);
            !loss_comparisons(&sample.plan, &sample.result).is_empty()
        };
        assert!(applies(&|_| {}));
        assert!(!applies(
            &|sample| sample.result.summary.functions[0].throttles_by_cause = [0, 41_249, 0, 1, 0, 0]
        ));
        assert!(!applies(&|sample| sample.plan.traffic[0].retry.max_attempts = 3));
        assert!(!applies(
            &|sample| sample.plan.flows[0].invocation_type = InvocationType::Event
        ));
        assert!(!applies(
            &|sample| sample.plan.functions[0].qualifiers[1].provisioned = 1
        ));
        assert!(!applies(&|sample| sample.plan.functions[0].reserved = None));
        assert!(!applies(
            &|sample| sample.plan.sources[0].process = Process::At(Vec::new())
        ));
        assert!(!applies(
            &|sample| sample.plan.flows[FlowId(0).index()].function = FunctionId(1)
        ));
    }
}
