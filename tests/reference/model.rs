//! The reference itself: Lambda as the rules describe it, one after the other, with a list of what is to come. Nothing here is
//! fast, and nothing but the plan's numbers and the draws is shared with the simulator.

use std::collections::BTreeMap;

use lambdasim::facts::{Arrival, AsyncStep, Cause, Ending, InvocationType, LinkId, Reason, StartKind, Target, Verdict};
use lambdasim::kernel::draws::{Pair, Purpose, StreamKey};
use lambdasim::lambda::{RetryMode, ScalingRule, VersionConfig};
use lambdasim::simulation::Plan;
use lambdasim::units::Share;
use lambdasim::workload::Arrivals;

use super::functions::{Admitted, Function};
use super::queues::{Batch, Pollers, Queue};
use super::rates::{Bucket, RequestRate};
use super::story::{Answer, Step, Story, Tried};
use super::streams::Lane;

/// Order of what happens at one instant (TIME-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Completion,
    Action,
    Timer,
    Arrival,
}

#[derive(Clone, Debug)]
pub enum What {
    Arrives(Arrival),
    /// An environment is released, and the attempt that it served is over.
    Completes(Box<Run>),
    /// A client tries again.
    Repeats(Call),
    /// An event is dispatched.
    Dispatched(Event),
    /// An event has reached its maximum age.
    Expires(Event),
    /// Pollers of a mapping look what they can receive.
    Looks(usize),
    /// A poller of a mapping gets what it reads.
    HasRead(usize),
    /// The window of a mapping's batch is over.
    Closes(usize, u64),
    /// A throttled batch is tried again.
    RepeatsBatch(Batch),
    /// The visibility timeout of a throttled batch has passed.
    GivesUp(Batch),
    /// A message of a queue may be too old.
    Outlives(usize, usize),
    /// Messages can be received again.
    ComesBack(Batch),
    /// A lane of a stream is looked at.
    LooksAtLane(usize),
}

/// One attempt of an arrival.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub flow: usize,
    pub ordinal: u64,
    pub attempt: u32,
    pub arrived: u64,
}

/// An event in the queue of a function.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    call: Call,
    /// The version that its first attempt drew (ALIAS-4).
    version: Option<usize>,
    throttles_in_row: u32,
    failures: u32,
    last_start: StartKind,
}

/// An attempt that runs.
#[derive(Clone, Debug)]
pub struct Run {
    call: Call,
    admitted: Admitted,
    verdict: Verdict,
    load: Load,
}

/// What an attempt works on.
#[derive(Clone, Debug)]
pub enum Load {
    /// The request of a caller that waits.
    Request,
    Event(Event),
    /// Messages of a queue.
    Batch(Batch),
    /// The next part of a lane's batch.
    Lane(usize),
}

/// One client's retry quota (SDK-3, SDK-5).
#[derive(Clone, Copy, Debug)]
struct Quota {
    tokens: u64,
}

const QUOTA: u64 = 500;
const RETRY_COST: u64 = 5;
const SECOND: u64 = 1_000_000;

pub struct Reference<'p> {
    pub plan: &'p Plan,
    /// What is to come, sorted.
    pending: BTreeMap<(u64, Class, u64), What>,
    sequence: u64,
    pub now: u64,
    /// Whether the run has come to its end, so that nothing is sent any more.
    pub is_over: bool,
    functions: Vec<Function>,
    account_rate: RequestRate,
    /// SCALE-6: one bucket for all functions, before SW-SCALE.
    account_scaling: Option<Bucket>,
    quotas: Vec<Vec<Quota>>,
    /// Messages that were sent over each link.
    sent: Vec<u64>,
    pub queues: Vec<Queue>,
    /// Those of mappings that read queues.
    pub pollers: Vec<Option<Pollers>>,
    /// Of all mappings that read streams.
    pub lanes: Vec<Lane>,
    /// Records that have come to each stream.
    pub records: Vec<u64>,
    pub story: Story,
}

/// What happens according to the rules.
pub fn tell(plan: &Plan) -> Story {
    let mut reference = Reference::new(plan);
    reference.run();
    reference.story.finish()
}

impl<'p> Reference<'p> {
    fn new(plan: &'p Plan) -> Reference<'p> {
        let quota = Quota { tokens: QUOTA };
        let clients = |flow: &lambdasim::lambda::TrafficConfig| vec![quota; flow.retry.clients as usize];
        let mut reference = Reference {
            plan,
            pending: BTreeMap::new(),
            sequence: 0,
            now: 0,
            is_over: false,
            functions: plan
                .functions
                .iter()
                .map(|function| Function::new(function, plan))
                .collect(),
            account_rate: RequestRate::new(plan.account.rate_shape, plan.account.concurrent_executions),
            account_scaling: match plan.account.scaling {
                ScalingRule::PerFunction => None,
                ScalingRule::AccountWide { burst } => Some(Bucket::new(u64::from(burst), 500, 60 * SECOND)),
            },
            quotas: plan.traffic.iter().map(clients).collect(),
            sent: vec![0; plan.links.len()],
            queues: plan.queues.iter().map(Queue::new).collect(),
            pollers: (0..plan.mappings.len())
                .map(|mapping| Pollers::of(plan, mapping))
                .collect(),
            lanes: Lane::all(plan),
            records: vec![0; plan.streams.len()],
            story: Story::default(),
        };
        for arrival in Arrivals::new(&plan.sources) {
            reference.schedule(arrival.time.as_micros(), Class::Arrival, What::Arrives(arrival));
        }
        reference
    }

    pub fn schedule(&mut self, time: u64, class: Class, what: What) {
        self.sequence += 1;
        self.pending.insert((time, class, self.sequence), what);
    }

    fn run(&mut self) {
        let horizon = self.plan.horizon().as_micros();
        while let Some(((time, _, _), what)) = self.pending.pop_first() {
            if time >= horizon {
                break;
            }
            self.now = time;
            self.happens(what);
        }
        (self.now, self.is_over) = (horizon - 1, true);
        self.gives_up_what_is_old();
    }

    fn happens(&mut self, what: What) {
        match what {
            What::Arrives(arrival) => self.arrives(&arrival),
            What::Completes(run) => self.completes(&run),
            What::Repeats(call) => self.tries(call),
            What::Dispatched(event) => self.dispatched(event),
            What::Expires(event) => self.drops(event, AsyncStep::Expired),
            What::Looks(mapping) => self.looks(mapping),
            What::HasRead(mapping) => self.has_read(mapping),
            What::Closes(mapping, number) => self.closes(mapping, number),
            What::RepeatsBatch(batch) => self.tries_batch(batch),
            What::GivesUp(batch) => self.gives_up(batch),
            What::Outlives(queue, index) => self.outlives(queue, index),
            What::ComesBack(batch) => self.comes_back(batch),
            What::LooksAtLane(lane) => self.lane_has_waited(lane),
        }
    }

    fn key(&self, flow: usize) -> StreamKey {
        self.plan.flows[flow].key
    }

    fn draw(&self, call: Call, purpose: Purpose) -> Pair {
        self.key(call.flow).draw(call.ordinal, call.attempt, purpose)
    }

    fn answer(&mut self, time: u64, call: Call, ending: Ending, start: StartKind) {
        if time < self.plan.horizon().as_micros() {
            self.story.answers.push(Answer {
                time,
                flow: call.flow as u32,
                ordinal: call.ordinal,
                ending,
                start,
            });
        }
    }

    // ------------------------------------------------------------ callers that wait

    fn arrives(&mut self, arrival: &Arrival) {
        if let Some(link) = arrival.flow.link() {
            self.sends(link);
            return;
        }
        let call = Call {
            flow: arrival.flow.index(),
            ordinal: arrival.ordinal,
            attempt: 0,
            arrived: self.now,
        };
        match self.plan.flows[call.flow].invocation_type {
            InvocationType::RequestResponse => self.tries(call),
            InvocationType::Event => self.accepts(call),
            InvocationType::DryRun => self.answer(self.now, call, Ending::DryRun, StartKind::None),
        }
    }

    /// INV-1: the caller gets an answer at once, or when the function has ended.
    fn tries(&mut self, call: Call) {
        let version = self.resolved(call);
        match self.invokes(call, version, true) {
            Err(cause) => {
                self.refuses(call, Some(cause));
                self.repeats_or_gives_up(call);
            }
            Ok(admitted) => {
                let (verdict, answered) = self.runs(call, admitted, Load::Request);
                let ending = if verdict == Verdict::Ok {
                    Ending::Succeeded
                } else {
                    Ending::Failed
                };
                self.answer(answered, call, ending, admitted.start);
            }
        }
    }

    /// SDK-1…5 after a 429.
    fn repeats_or_gives_up(&mut self, call: Call) {
        let traffic = self.plan.flows[call.flow].traffic.index();
        let retry = self.plan.traffic[traffic].retry;
        let quota = &mut self.quotas[traffic][(call.ordinal % u64::from(retry.clients)) as usize];
        let power = 1_u64 << call.attempt.min(40);
        let longest = match retry.mode {
            RetryMode::Legacy => power * SECOND,
            RetryMode::Standard | RetryMode::Standard2026 => power.min(20) * SECOND,
            _ => 0,
        };
        let has_quota = retry.mode == RetryMode::Legacy || quota.tokens >= RETRY_COST;
        if longest == 0 || call.attempt + 1 >= retry.max_attempts || !has_quota {
            self.answer(self.now, call, Ending::Throttled, StartKind::None);
            return;
        }
        quota.tokens -= if retry.mode == RetryMode::Legacy { 0 } else { RETRY_COST };
        let uniform = self.draw(call, Purpose::Jitter).first;
        let wait = ((u128::from(uniform) * u128::from(longest)) >> 53) as u64;
        let next = Call {
            attempt: call.attempt + 1,
            ..call
        };
        self.schedule(self.now + wait, Class::Timer, What::Repeats(next));
    }

    /// A success after a retry returns its cost, any other adds 1.
    fn credits(&mut self, call: Call) {
        let traffic = self.plan.flows[call.flow].traffic.index();
        let clients = u64::from(self.plan.traffic[traffic].retry.clients);
        let quota = &mut self.quotas[traffic][(call.ordinal % clients) as usize];
        quota.tokens = QUOTA.min(quota.tokens + if call.attempt > 0 { RETRY_COST } else { 1 });
    }

    // ------------------------------------------------------------ events

    fn accepts(&mut self, call: Call) {
        self.told(call, AsyncStep::Received);
        let event = Event {
            call,
            version: None,
            throttles_in_row: 0,
            failures: 0,
            last_start: StartKind::None,
        };
        let function = self.plan.flows[call.flow].function.index();
        let delay = &self.plan.functions[function].events.first_dispatch;
        let delay = delay.sample(self.draw(call, Purpose::Overhead).second).as_micros();
        self.attempt_at(self.now + delay, event);
    }

    fn told(&mut self, call: Call, step: AsyncStep) {
        let step = Step::Event {
            flow: call.flow as u32,
            ordinal: call.ordinal,
            step,
        };
        self.story.step(self.now, step);
    }

    /// ASYNC-8: an event that would be older than its maximum age is not tried any more.
    fn attempt_at(&mut self, time: u64, event: Event) {
        let flow = &self.plan.flows[event.call.flow];
        let qualifier = &self.plan.functions[flow.function.index()].qualifiers[flow.qualifier.index()];
        let expires = event.call.arrived + qualifier.event_invoke.maximum_event_age.as_micros();
        if time > expires {
            self.schedule(expires.max(self.now), Class::Timer, What::Expires(event));
        } else {
            self.schedule(time, Class::Timer, What::Dispatched(event));
        }
    }

    fn dispatched(&mut self, mut event: Event) {
        let version = match event.version {
            Some(version) if !self.redraws(event.call) => version,
            _ => self.resolved(event.call),
        };
        event.version = Some(version);
        match self.invokes(event.call, version, false) {
            Ok(admitted) => {
                event.throttles_in_row = 0;
                event.last_start = admitted.start;
                self.runs(event.call, admitted, Load::Event(event));
            }
            Err(Cause::ReservedZero) => {
                self.refuses(event.call, None);
                event.last_start = StartKind::None;
                self.drops(event, AsyncStep::Refused);
            }
            Err(cause) => {
                self.refuses(event.call, Some(cause));
                event.last_start = StartKind::None;
                event.throttles_in_row += 1;
                let wait = self.back_off(&event);
                event.call.attempt += 1;
                self.attempt_at(self.now + wait, event);
            }
        }
    }

    fn redraws(&self, call: Call) -> bool {
        self.plan.functions[self.plan.flows[call.flow].function.index()].redraw_on_retry
    }

    /// ASYNC-4, ASYNC-5: 1, 2, 4 … 300 s, times the jitter.
    fn back_off(&self, event: &Event) -> u64 {
        let function = &self.plan.functions[self.plan.flows[event.call.flow].function.index()];
        let seconds = 300.min(1_u64 << (event.throttles_in_row - 1).min(30));
        let micros = seconds * SECOND * u64::from(function.events.slowdown) / 1_000;
        match function.events.jitter {
            None => micros,
            Some((low, high)) => {
                let uniform = self.draw(event.call, Purpose::Jitter).first;
                let range = u128::from(micros) * u128::from(high - low) / 1_000;
                let least = u128::from(micros) * u128::from(low) / 1_000;
                (least + ((range * u128::from(uniform)) >> 53)) as u64
            }
        }
    }

    fn event_is_over(&mut self, mut event: Event, verdict: Verdict) {
        if verdict == Verdict::Ok {
            self.answer(self.now, event.call, Ending::Succeeded, event.last_start);
            self.record(&event, AsyncStep::DestinationSuccess);
            return;
        }
        let flow = &self.plan.flows[event.call.flow];
        let qualifier = &self.plan.functions[flow.function.index()].qualifiers[flow.qualifier.index()];
        event.failures += 1;
        if event.failures > qualifier.event_invoke.maximum_retry_attempts {
            self.told(event.call, AsyncStep::Exhausted);
            self.answer(self.now, event.call, Ending::Failed, event.last_start);
            self.fails(&event);
            return;
        }
        let wait = u64::from(event.failures) * 60 * SECOND;
        event.call.attempt += 1;
        self.attempt_at(self.now + wait, event);
    }

    fn drops(&mut self, event: Event, step: AsyncStep) {
        self.told(event.call, step);
        self.answer(self.now, event.call, Ending::Dropped, event.last_start);
        self.fails(&event);
    }

    /// ASYNC-10: destination and dead-letter queue both get what failed.
    fn fails(&mut self, event: &Event) {
        self.record(event, AsyncStep::DestinationFailure);
        self.record(event, AsyncStep::DeadLettered);
    }

    fn record(&mut self, event: &Event, step: AsyncStep) {
        let flow = &self.plan.flows[event.call.flow];
        let function = &self.plan.functions[flow.function.index()];
        let qualifier = &function.qualifiers[flow.qualifier.index()];
        let link = match step {
            AsyncStep::DestinationSuccess => qualifier.event_invoke.on_success,
            AsyncStep::DestinationFailure => qualifier.event_invoke.on_failure,
            // VER-2: the dead-letter queue is the version's.
            _ => function.versions[event.version.unwrap_or(qualifier.version.index())].dead_letter,
        };
        if let Some(link) = link {
            self.told(event.call, step);
            self.sends(link);
        }
    }

    /// Something goes over a link.
    pub fn sends(&mut self, link: LinkId) {
        let ordinal = self.sent[link.index()];
        self.sent[link.index()] += 1;
        match self.plan.links[link.index()].target {
            Target::Queue(queue) => self.takes_letter(queue.index(), self.now, link, ordinal),
            Target::Stream(stream) => self.takes_record(stream.index(), link, ordinal),
            _ => {}
        }
    }

    // ------------------------------------------------------------ one attempt

    /// ALIAS-3.
    pub fn resolved(&self, call: Call) -> usize {
        let flow = &self.plan.flows[call.flow];
        let qualifier = &self.plan.functions[flow.function.index()].qualifiers[flow.qualifier.index()];
        match qualifier.additional {
            Some((version, weight)) if weight.covers(self.draw(call, Purpose::Fate).second) => version.index(),
            _ => qualifier.version.index(),
        }
    }

    pub fn refuses(&mut self, call: Call, cause: Option<Cause>) {
        let tried = Tried::Refused {
            flow: call.flow as u32,
            ordinal: call.ordinal,
            attempt: call.attempt,
            function: self.plan.flows[call.flow].function.0,
            throttle: cause.map(|cause| (reason(cause), cause)),
        };
        self.story.tried(self.now, tried);
    }

    /// The order of checks of §3.5 from step 6 on.
    pub fn invokes(&mut self, call: Call, version: usize, counts_as_request: bool) -> Result<Admitted, Cause> {
        let flow = &self.plan.flows[call.flow];
        let (target, qualifier) = (flow.function.index(), flow.qualifier.index());
        if self.plan.functions[target].reserved == Some(0) {
            return Err(Cause::ReservedZero);
        }
        if counts_as_request {
            if !self.account_rate.take(self.now) {
                return Err(Cause::AccountRate);
            }
            if !self.functions[target].takes_request(self.now) {
                self.give_back(target, true, false);
                return Err(Cause::ReservedRate);
            }
        }
        let admitted = self.takes_slot(call, target, qualifier, version);
        if admitted.is_err() && counts_as_request {
            self.give_back(target, true, true);
        }
        admitted
    }

    /// RPS-5.
    fn give_back(&mut self, function: usize, to_account: bool, to_function: bool) {
        if !self.plan.account.rate_refund {
            return;
        }
        if to_account {
            self.account_rate.give_back();
        }
        if to_function {
            self.functions[function].gives_request_back();
        }
    }

    fn takes_slot(&mut self, call: Call, target: usize, qualifier: usize, version: usize) -> Result<Admitted, Cause> {
        let now = self.now;
        let pick = self.draw(call, Purpose::EnvironmentPick).first;
        if let Some(environment) = self.functions[target].takes_provisioned(now, qualifier, version, pick) {
            return Ok(Admitted {
                function: target,
                environment,
                version,
                start: StartKind::Provisioned,
                spilled: false,
            });
        }
        let spilled = self.functions[target].provisions(qualifier);
        match self.functions[target].config.reserved {
            Some(reserved) => {
                let function = &self.functions[target];
                if function.busy_on_demand() + function.provisioned() >= u64::from(reserved) {
                    return Err(Cause::ReservedConcurrency);
                }
            }
            None => {
                if self.unreserved_busy() >= self.unreserved_room() {
                    return Err(Cause::AccountConcurrency);
                }
            }
        }
        let found = self.functions[target].takes_idle(now, version, pick);
        let (environment, start) = match found {
            Some(environment) => (environment, StartKind::Warm),
            None => {
                let function = &mut self.functions[target].scaling;
                if !self.account_scaling.as_mut().unwrap_or(function).take(now) {
                    return Err(Cause::ScalingRate);
                }
                let life = self.draw(call, Purpose::Life).second;
                (self.functions[target].creates(now, version, life), StartKind::Cold)
            }
        };
        Ok(Admitted {
            function: target,
            environment,
            version,
            start,
            spilled,
        })
    }

    /// U of CONC-7: A − ΣR − what is provisioned for functions without reservation.
    fn unreserved_room(&self) -> u64 {
        let claimed = |function: &Function| function.config.reserved.map_or(function.provisioned(), u64::from);
        let claimed: u64 = self.functions.iter().map(claimed).sum();
        u64::from(self.plan.account.concurrent_executions) - claimed
    }

    fn unreserved_busy(&self) -> u64 {
        let unreserved = self
            .functions
            .iter()
            .filter(|function| function.config.reserved.is_none());
        unreserved.map(Function::busy_on_demand).sum()
    }

    /// What an admitted attempt comes to: its verdict, and when a waiting caller has the answer.
    pub fn runs(&mut self, call: Call, admitted: Admitted, load: Load) -> (Verdict, u64) {
        let config = &self.plan.functions[admitted.function];
        let version = &config.versions[admitted.version];
        let cold = self.draw(call, Purpose::ColdStart);
        let fate = self.draw(call, Purpose::Fate).first;
        let work = self.draw(call, Purpose::Work).second;
        let init = version.init.sample(cold.first).as_micros();
        let (mut placement, mut waited, mut inside) = (0, 0, 0);
        if admitted.start == StartKind::Cold {
            placement = version.placement.sample(cold.second).as_micros();
            waited = init.min(10 * SECOND);
        }
        let abandoned = admitted.start == StartKind::Cold && init > 10 * SECOND;
        if abandoned || self.functions[admitted.function].needs_init(admitted.environment) {
            inside = init;
        }
        let (added, raises) = match (&load, &version.per_record) {
            (Load::Batch(_) | Load::Lane(_), _) => self.of_records(&load, admitted.function, admitted.version),
            (_, Some(each)) => (each.sample(self.draw(call, Purpose::Record).first).as_micros(), false),
            (_, None) => (0, false),
        };
        let mut duration = inside + version.duration.sample(work).as_micros() + added;
        let timeout = version.timeout.as_micros();
        let mut verdict = if raises { Verdict::Error } else { handled(version, fate) };
        if duration > timeout {
            (duration, verdict) = (timeout, Verdict::Timeout);
        }
        let end = self.now + placement + waited + duration;
        let overhead = config
            .overhead
            .sample(self.draw(call, Purpose::Overhead).first)
            .as_micros();
        let answered = if matches!(load, Load::Event(_)) {
            end
        } else {
            end + overhead
        };
        let environment = self
            .story
            .environment(admitted.function as u32, admitted.environment as u64);
        let tried = Tried::Ran {
            flow: call.flow as u32,
            ordinal: call.ordinal,
            attempt: call.attempt,
            function: admitted.function as u32,
            version: admitted.version as u16,
            start: admitted.start,
            spilled: admitted.spilled,
            environment,
            placement,
            init: waited,
            duration,
            end,
            answered,
            verdict,
        };
        self.story.tried(self.now, tried);
        let run = Run {
            call,
            admitted,
            verdict,
            load,
        };
        self.schedule(end, Class::Completion, What::Completes(Box::new(run)));
        (verdict, answered)
    }

    fn completes(&mut self, run: &Run) {
        let idle = self.draw(run.call, Purpose::Life).first;
        let reset = matches!(run.verdict, Verdict::Timeout | Verdict::Crash);
        self.functions[run.admitted.function].releases(self.now, run.admitted.environment, reset, idle);
        match run.load.clone() {
            Load::Event(event) => self.event_is_over(event, run.verdict),
            Load::Batch(batch) => self.batch_is_over(batch, run.admitted.function, run.verdict),
            Load::Lane(lane) => self.lane_is_over(lane, run.admitted.function, run.verdict),
            Load::Request => self.credits(run.call),
        }
    }
}

/// The lowest draws are errors, the highest ones crashes.
fn handled(version: &VersionConfig, fate: u64) -> Verdict {
    let draws = |share: Share| (share.as_fraction() * (1_u64 << 53) as f64) as u64;
    let errors = draws(version.error_rate);
    match fate {
        _ if fate < errors => Verdict::Error,
        _ if (1 << 53) - fate <= draws(version.crash_rate) => Verdict::Crash,
        _ => Verdict::Ok,
    }
}

/// THR-3, THR-4, THR-5.
fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::AccountConcurrency | Cause::ScalingRate => Reason::ConcurrentInvocationLimitExceeded,
        Cause::ReservedConcurrency | Cause::ReservedZero => Reason::ReservedFunctionConcurrentInvocationLimitExceeded,
        Cause::AccountRate => Reason::FunctionInvocationRateLimitExceeded,
        Cause::ReservedRate => Reason::ReservedFunctionInvocationRateLimitExceeded,
    }
}
