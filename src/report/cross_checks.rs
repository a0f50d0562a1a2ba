//! What theory says of a run, where it says something: figures of the run beside closed forms.

use serde_json::{Value, json};

use super::numbers::{grouped, milliseconds, percent, precise, rounded};
use super::offered::{Arriving, offered, sent_to_queue, service, window_seconds};
use super::queueing::{Moments, Occupancy, Room, greatest};
use crate::facts::{BudgetId, Cause, FunctionId, MappingId, QueueId};
use crate::lambda::{Beyond, BudgetLimit, MappingSource, QueueMappingConfig};
use crate::metrics::FunctionSummary;
use crate::simulation::{Plan, RunResult};
use crate::units::{Share, Span};

/// Functions that are checked at most, those with the most requests.
const CHECKED: usize = 20;
/// Standard errors that chance explains.
const SIGMAS: f64 = 3.0;
/// Squared variation up to this far from that of an exponential distribution counts as exponential.
const NEARLY_EXPONENTIAL: f64 = 0.1;
/// Shares below this are not seen in any run.
const SMALLEST_SHARE: f64 = 1e-6;

/// A formula that gives a figure of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    RateTimesDuration,
    Little,
    MgInfinity,
    ErlangB,
    ErlangC,
    ErlangCWait,
    ErlangCQueue,
}

impl Formula {
    /// For programs.
    fn key(self) -> &'static str {
        match self {
            Formula::RateTimesDuration => "rate_times_duration",
            Formula::Little => "little",
            Formula::MgInfinity => "mg_infinity",
            Formula::ErlangB => "erlang_b",
            Formula::ErlangC => "erlang_c",
            Formula::ErlangCWait => "erlang_c_wait",
            Formula::ErlangCQueue => "erlang_c_queue",
        }
    }

    /// As it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Formula::RateTimesDuration => "rate × duration",
            Formula::Little => "Little’s law",
            Formula::MgInfinity => "M/G/∞",
            Formula::ErlangB => "Erlang B",
            Formula::ErlangC | Formula::ErlangCWait | Formula::ErlangCQueue => "Erlang C",
        }
    }

    /// What it gives.
    pub(super) fn figure(self) -> &'static str {
        match self {
            Formula::RateTimesDuration | Formula::Little => "mean concurrency",
            Formula::MgInfinity => "greatest concurrency",
            Formula::ErlangB => "share of requests refused",
            Formula::ErlangC => "share of calls that wait",
            Formula::ErlangCWait => "mean wait",
            Formula::ErlangCQueue => "mean messages waiting",
        }
    }

    /// Name and figure in few words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Formula::MgInfinity => "M/G/∞ maximum",
            Formula::ErlangB => "Erlang B loss",
            Formula::ErlangC => "Erlang C waiting",
            Formula::ErlangCWait => "Erlang C wait",
            Formula::ErlangCQueue => "Erlang C queue",
            Formula::RateTimesDuration | Formula::Little => self.name(),
        }
    }

    /// When it holds.
    pub(super) fn holds(self) -> &'static str {
        match self {
            Formula::RateTimesDuration => {
                "Nothing is refused or repeated: arrivals a second in the scenario × mean duration of a warm invocation."
            }
            Formula::Little => {
                "Always: invocations a second × mean time that each held its slot, both from this run, cold starts included."
            }
            Formula::MgInfinity => {
                "Poisson arrivals at one rate, and no limit binds: the number in progress is Poisson whatever the distribution of \
                 the duration; the median of its maximum in a run as long."
            }
            Formula::ErlangB => {
                "Poisson arrivals at one rate, callers that do not repeat, and one limit that binds: any distribution of the \
                 duration."
            }
            Formula::ErlangC | Formula::ErlangCWait => {
                "Poisson arrivals at one rate that wait for a fixed number of connections, exponential durations."
            }
            Formula::ErlangCQueue => {
                "Poisson arrivals at one rate, batches of one, a fixed number of them at once, exponential durations; messages \
                 also wait for the read itself."
            }
        }
    }

    /// A value of its figure, for people.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Formula::ErlangB | Formula::ErlangC => percent(value),
            Formula::ErlangCWait => milliseconds(value),
            Formula::MgInfinity => grouped(value as u64),
            Formula::RateTimesDuration | Formula::Little | Formula::ErlangCQueue => precise(value),
        }
    }
}

/// Whom a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Function(FunctionId),
    Budget(BudgetId),
    Queue(QueueId),
}

impl Subject {
    /// Its part of `summary.json` and its name.
    pub(super) fn place(self, plan: &Plan) -> (&'static str, &str) {
        match self {
            Subject::Function(id) => ("functions", &plan.functions[id.index()].name),
            Subject::Budget(id) => ("budgets", &plan.account.budgets[id.index()].name),
            Subject::Queue(id) => ("queues", &plan.queues[id.index()].name),
        }
    }
}

/// A figure of the run beside what a formula gives for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CrossCheck {
    pub(super) subject: Subject,
    pub(super) formula: Formula,
    /// In executions, messages, a share, or ms.
    pub(super) theory: f64,
    pub(super) simulated: f64,
    /// Where chance and the ends of the run may take the simulated figure.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Why it may differ, as far as the run tells; empty where it does not differ or nothing is known.
    pub(super) remark: String,
}

impl CrossCheck {
    fn within(subject: Subject, formula: Formula, theory: f64, simulated: f64, allowance: f64) -> CrossCheck {
        CrossCheck {
            subject,
            formula,
            theory,
            simulated,
            low: (theory - allowance).max(0.0),
            high: theory + allowance,
            remark: String::new(),
        }
    }

    /// Whether chance explains the difference.
    pub(super) fn agrees(&self) -> bool {
        (self.low..=self.high).contains(&self.simulated)
    }

    /// Difference of the simulated figure, as a part of the theoretical one.
    pub(super) fn difference(&self) -> f64 {
        if self.theory == 0.0 {
            0.0
        } else {
            self.simulated / self.theory - 1.0
        }
    }

    /// `+1.2 %`.
    pub(super) fn shown_difference(&self) -> String {
        let difference = self.difference();
        let size = percent(difference.abs());
        match size.starts_with('<') || difference == 0.0 {
            true => size,
            false => format!("{}{size}", if difference < 0.0 { "−" } else { "+" }),
        }
    }

    /// One word, or the reason.
    pub(super) fn verdict(&self) -> String {
        match (self.agrees(), self.remark.is_empty()) {
            (true, _) => "agrees".to_owned(),
            (false, true) => "differs by more than chance explains".to_owned(),
            (false, false) => format!("differs: {}", self.remark),
        }
    }
}

/// For `summary.json`.
pub(super) fn cross_checks_json(plan: &Plan, result: &RunResult) -> Value {
    let entry = |check: &CrossCheck| {
        let (part, name) = check.subject.place(plan);
        json!({
            "of": format!("{part}.{name}"),
            "formula": check.formula.key(),
            "figure": check.formula.figure(),
            "theory": rounded(check.theory),
            "simulated": rounded(check.simulated),
            "difference": rounded(check.difference()),
            "low": rounded(check.low),
            "high": rounded(check.high),
            "agrees": check.agrees(),
            "remark": check.remark,
        })
    };
    cross_checks(plan, result).iter().map(entry).collect()
}

/// Every check that applies: functions with the most requests in the plan's order, then budgets and queues.
pub(super) fn cross_checks(plan: &Plan, result: &RunResult) -> Vec<CrossCheck> {
    let mut ids: Vec<FunctionId> = (0..plan.functions.len() as u32).map(FunctionId).collect();
    if ids.len() > CHECKED {
        ids.sort_by_key(|id| std::cmp::Reverse(result.summary.functions[id.index()].counts.requests));
        ids.truncate(CHECKED);
        ids.sort_unstable();
    }
    let mut checks: Vec<CrossCheck> = ids.into_iter().flat_map(|id| of_function(plan, result, id)).collect();
    let budgets = (0..plan.account.budgets.len() as u32).map(BudgetId);
    checks.extend(budgets.filter_map(|id| of_budget(plan, result, id)).flatten());
    let mappings = (0..plan.mappings.len() as u32).map(MappingId);
    checks.extend(mappings.filter_map(|id| of_mapping(plan, result, id)));
    checks
}

fn of_function(plan: &Plan, result: &RunResult, id: FunctionId) -> Vec<CrossCheck> {
    let summary = &result.summary.functions[id.index()];
    let counts = &summary.counts;
    if counts.invocations == 0 {
        return Vec::new();
    }
    let mut checks = Vec::new();
    let unbudgeted = plan.functions[id.index()].uses.is_empty();
    if let Some((arriving, service)) = offered(plan, id).filter(|_| unbudgeted) {
        let unrepeated = counts.requests <= counts.arrivals && counts.dry_run == 0 && counts.rejected == 0;
        let function = Checked {
            plan,
            summary,
            subject: Subject::Function(id),
            arriving,
            service,
        };
        if unrepeated && counts.throttles == 0 {
            checks.push(function.rate_times_duration());
            checks.extend(function.mg_infinity());
        }
        if unrepeated {
            checks.extend(function.erlang_b(id));
        }
    }
    checks.push(little(plan, summary, id));
    checks
}

/// A function of which it is known what it is offered.
struct Checked<'a> {
    plan: &'a Plan,
    summary: &'a FunctionSummary,
    subject: Subject,
    arriving: Arriving,
    service: Moments,
}

impl Checked<'_> {
    /// Arrivals a second × seconds each.
    fn load(&self) -> f64 {
        self.arriving.count * self.service.mean / window_seconds(self.plan)
    }

    fn rate_times_duration(&self) -> CrossCheck {
        let seconds = window_seconds(self.plan);
        let Moments { mean, square } = self.service;
        // What comes in Poisson numbers brings work of this variance; what comes in fixed numbers only that of durations.
        let regular = self.arriving.count - self.arriving.poisson;
        let variance = self.arriving.poisson * square + regular * (square - mean * mean).max(0.0);
        let allowance = (SIGMAS * variance.sqrt() + edge(&self.arriving, square, seconds)) / seconds;
        let simulated = self.summary.concurrent_executions.mean;
        let check = CrossCheck::within(
            self.subject,
            Formula::RateTimesDuration,
            self.load(),
            simulated,
            allowance,
        );
        self.explained(check)
    }

    fn mg_infinity(&self) -> Option<CrossCheck> {
        if !self.arriving.steady {
            return None;
        }
        let found = greatest(self.load(), self.arriving.count)?;
        let check = CrossCheck {
            subject: self.subject,
            formula: Formula::MgInfinity,
            theory: found.median as f64,
            simulated: self.summary.concurrent_executions.max as f64,
            low: found.low as f64,
            high: found.high as f64,
            remark: String::new(),
        };
        Some(self.explained(check))
    }

    fn erlang_b(&self, id: FunctionId) -> Option<CrossCheck> {
        let (servers, cause) = only_limit(self.plan, id)?;
        let counts = &self.summary.counts;
        let alone = self.summary.throttles_by_cause[cause as usize] == counts.throttles;
        if !alone || !self.arriving.steady || !waits_for_nobody(self.plan, id) {
            return None;
        }
        let lost = Occupancy::new(servers, self.load(), Room::Lost)?;
        let (theory, requests) = (lost.all_busy(), counts.requests as f64);
        let simulated = counts.throttles as f64 / requests;
        if theory < SMALLEST_SHARE && counts.throttles == 0 {
            return None;
        }
        let allowance = SIGMAS * lost.share_deviation(requests, self.service.squared_variation());
        let check = CrossCheck::within(self.subject, Formula::ErlangB, theory, simulated, allowance);
        Some(self.explained(check))
    }

    /// With the reason for a difference, where the run tells one.
    fn explained(&self, mut check: CrossCheck) -> CrossCheck {
        if check.agrees() {
            return check;
        }
        let counts = &self.summary.counts;
        let cold = counts.cold_starts as f64 / counts.invocations as f64;
        let longer = cold * (self.summary.init.mean + self.summary.restore.mean) / 1e3 / self.service.mean;
        let timeouts_or_errors = counts.errors as f64 / counts.invocations as f64;
        let reasons = [
            (
                check.simulated > check.theory && longer > 0.0,
                format!(
                    "cold starts hold their slots too, {} longer on average",
                    percent(longer)
                ),
            ),
            (
                check.simulated < check.theory && self.plan.warm_up.is_zero(),
                "the run starts empty, and that counts without `warm_up`".to_owned(),
            ),
            (
                timeouts_or_errors > 0.0,
                format!("{} of invocations ended in an error", percent(timeouts_or_errors)),
            ),
        ];
        let known: Vec<String> = reasons
            .into_iter()
            .filter(|(known, _)| *known)
            .map(|(_, why)| why)
            .collect();
        check.remark = known.join("; ");
        check
    }
}

/// Work in progress at the ends of the window: what began before it, or goes on after it, and what a run that starts empty
/// has not yet.
fn edge(arriving: &Arriving, square: f64, seconds: f64) -> f64 {
    arriving.count * square / seconds
}

/// The one limit that a function can meet: its reservation, or the account's where it is the only function.
fn only_limit(plan: &Plan, id: FunctionId) -> Option<(u32, Cause)> {
    let config = &plan.functions[id.index()];
    let provisioned = config.qualifiers.iter().any(|qualifier| qualifier.provisioned > 0);
    let scaled = plan.control.scaling.iter().any(|target| target.function == id);
    if provisioned || scaled {
        return None;
    }
    match config.reserved {
        Some(reserved) => Some((reserved, Cause::ReservedConcurrency)),
        None if plan.functions.len() == 1 => Some((plan.account.concurrent_executions, Cause::AccountConcurrency)),
        None => None,
    }
}

/// Whether everybody who is refused goes away.
fn waits_for_nobody(plan: &Plan, id: FunctionId) -> bool {
    let mut flows = plan.flows.iter().filter(|flow| flow.function == id);
    flows.all(|flow| {
        let once = plan.traffic[flow.traffic.index()].retry.max_attempts <= 1;
        once && flow.invocation_type == crate::facts::InvocationType::RequestResponse
    })
}

/// Rate × time in the system = number in the system, of the run's own figures.
fn little(plan: &Plan, summary: &FunctionSummary, id: FunctionId) -> CrossCheck {
    let seconds = window_seconds(plan);
    let versions = &plan.functions[id.index()].versions;
    let placement = Moments::of(&versions[versions.len() - 1].placement, 1.0, Span::MAX).mean;
    let held = [&summary.duration, &summary.init, &summary.restore].map(|times| times.count as f64 * times.mean / 1e3);
    let theory = (held.iter().sum::<f64>() + placement * summary.counts.cold_starts as f64) / seconds;
    let simulated = summary.concurrent_executions.mean;
    // Invocations that the ends of the window cut in two.
    let longest = (summary.duration.p99 + summary.init.p99) / 1e3;
    let allowance = theory * 2.0 * longest / seconds + 1e-4 * theory;
    let mut check = CrossCheck::within(Subject::Function(id), Formula::Little, theory, simulated, allowance);
    if !check.agrees() && !plan.drain.is_zero() {
        check.remark = "what ran in the drain counts as invocations, but not in mean concurrency".to_owned();
    }
    check
}

/// A budget of connections that one function waits for.
fn of_budget(plan: &Plan, result: &RunResult, id: BudgetId) -> Option<[CrossCheck; 2]> {
    let config = &plan.account.budgets[id.index()];
    let BudgetLimit::Connections(servers) = config.limit else {
        return None;
    };
    let users = (0..).map(FunctionId).zip(&plan.functions);
    let mut users = users.filter(|(_, function)| function.uses.iter().any(|used| used.budget == id));
    let (function, user) = users.next()?;
    let simple = user.uses.len() == 1 && user.uses[0].amount == 1 && config.beyond == Beyond::Queue;
    if users.next().is_some() || !simple {
        return None;
    }
    let (arriving, service) = offered(plan, function)?;
    let summary = &result.summary.functions[function.index()];
    let refused = summary.counts.throttles + summary.counts.rejected;
    let calls = result.summary.budgets.get(id.index())?;
    if !arriving.steady || refused > 0 || calls.counts.calls == 0 || !is_exponential(service) {
        return None;
    }
    let seconds = window_seconds(plan);
    let rate = arriving.count / seconds;
    let waiting = Occupancy::new(servers, rate * service.mean, Room::Waiting)?;
    let share = calls.counts.queued as f64 / calls.counts.calls as f64;
    let allowance = SIGMAS * waiting.share_deviation(arriving.count, 1.0);
    let subject = Subject::Budget(id);
    let wait = |number: f64| number / rate * 1e3;
    Some([
        CrossCheck::within(subject, Formula::ErlangC, waiting.all_busy(), share, allowance),
        CrossCheck::within(
            subject,
            Formula::ErlangCWait,
            wait(waiting.waiting()),
            calls.wait.mean * share,
            wait(SIGMAS * waiting.waiting_deviation(arriving.count)),
        ),
    ])
}

fn is_exponential(service: Moments) -> bool {
    (service.squared_variation() - 1.0).abs() <= NEARLY_EXPONENTIAL
}

/// A queue whose mapping works at a fixed number of single messages at once.
fn of_mapping(plan: &Plan, result: &RunResult, id: MappingId) -> Option<CrossCheck> {
    let mapping = &plan.mappings[id.index()];
    let MappingSource::Queue(config) = &mapping.source else {
        return None;
    };
    let reads = |other: &MappingSource| matches!(other, MappingSource::Queue(found) if found.queue == config.queue);
    let alone = plan.mappings.iter().filter(|other| reads(&other.source)).count() == 1;
    let flow = &plan.flows[mapping.flow.index()];
    let counts = &result.summary.functions[flow.function.index()].counts;
    if !alone || !mapping.enabled || mapping.pass != Share::ALL || !works_at_single_messages(plan, config) {
        return None;
    }
    if counts.throttles + counts.errors + counts.rejected > 0 || counts.invocations == 0 {
        return None;
    }
    let arriving = sent_to_queue(plan, config.queue)?;
    let handler = service(&plan.functions[flow.function.index()], flow)?;
    let read = Moments::of(&config.latency, 1.0, Span::MAX);
    let service = handler.plus(read);
    if !arriving.steady || !is_exponential(service) {
        return None;
    }
    let rate = arriving.count / window_seconds(plan);
    let waiting = Occupancy::new(config.scaling.ceiling, rate * service.mean, Room::Waiting)?;
    // What varies less than an exponential time makes others wait less (Allen and Cunneen).
    let steadier = (1.0 + service.squared_variation()) / 2.0;
    let theory = waiting.waiting() * steadier + rate * read.mean;
    let allowance = SIGMAS * waiting.waiting_deviation(arriving.count);
    let simulated = result.summary.queues[config.queue.index()].depth_mean;
    let subject = Subject::Queue(config.queue);
    Some(CrossCheck::within(
        subject,
        Formula::ErlangCQueue,
        theory,
        simulated,
        allowance,
    ))
}

fn works_at_single_messages(plan: &Plan, config: &QueueMappingConfig) -> bool {
    let queue = &plan.queues[config.queue.index()];
    let scaling = &config.scaling;
    let fixed = scaling.start == scaling.ceiling && scaling.idle >= scaling.ceiling && scaling.per_poller.is_none();
    fixed && config.batch_size == 1 && config.window.is_zero() && queue.groups.is_none() && queue.delay.is_zero()
}
