use std::sync::Arc;

use super::account::Account;
use super::caller::Clients;
use super::config::{
    AccountConfig, BudgetConfig, EventInvokeConfig, FlowConfig, FunctionConfig, GatewayRate, LinkConfig, RetryConfig,
    Through, TrafficConfig, TransferConfig, VersionConfig,
};
use super::configure::ReserveError;
use super::ends::Trains;
use super::environment::Finished;
use super::esm::MappingConfig;
use super::esm::mapping::Mapping;
use super::esm::timer::DriverEvent;
use super::function::{Context, Event, Function};
use super::outbox::{Link, Outbox, Outgoing};
use super::plain_flow::PlainFlow;
use super::provisioned::ProvisionError;
use super::rate::Bucket;
use super::stored::Stored;
use super::task::{PutAside, Task, Wake};
use crate::facts::{
    Arrival, BudgetId, Call, Cause, ErrorCode, FunctionId, InvocationType, MappingId, Observer, QualifierId, TrafficId,
    Verdict, VersionId,
};
use crate::kernel::draws::StreamKey;
use crate::kernel::{Agenda, Class, Moment};
use crate::messaging::{Queue, QueueConfig, Stream, StreamConfig, TopicConfig};
use crate::units::{Share, SimTime};

/// The ordered driver: all functions of one account, stepped in the total order of contract §2.5.
///
/// It can be driven from outside: [`Platform::admit`] takes an arrival, [`Platform::advance_to`] lets time pass. Calls
/// must come with rising times.
#[derive(Debug)]
pub struct Platform {
    pub(super) functions: Vec<Function>,
    pub(super) account: Account,
    pub(super) clients: Vec<Clients>,
    /// Few traffic entries have one of these two.
    transfers: Vec<Option<Box<TransferConfig>>>,
    pub(super) throughs: Vec<Option<Box<Through>>>,
    pub(super) gateway: Bucket,
    pub(super) flows: Vec<FlowConfig>,
    pub(super) links: Vec<Link>,
    pub(super) queues: Vec<Queue>,
    pub(super) streams: Vec<Stream>,
    pub(super) topics: Vec<TopicConfig>,
    pub(super) outbox: Outbox,
    pub(super) mappings: Vec<Mapping>,
    /// Mappings by the queue that they read.
    pub(super) readers: Vec<Vec<MappingId>>,
    /// Mappings by the stream that they read.
    pub(super) stream_readers: Vec<Vec<MappingId>>,
    /// When it will be looked for messages of each queue that have outlived its retention.
    pub(super) expiries: Vec<SimTime>,
    pub(super) agenda: Agenda,
    pub(super) horizon: SimTime,
    /// By flow: what may take the short way.
    pub(super) plain_flows: Vec<Option<PlainFlow>>,
    pub(super) short_way: bool,
    /// The one function that can have something in flight, where there is one: listeners then hear of what is given back in
    /// sums.
    pub(super) alone: Option<FunctionId>,
    /// The next cut of the listeners: they hear of everything up to it before it is over.
    pub(super) cut: SimTime,
    pub(super) trains: Trains,
}

/// What an account consists of, resolved.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Its limits.
    pub account: &'a AccountConfig,
    /// Functions, sorted by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// Senders.
    pub traffic: &'a [TrafficConfig],
    /// Flows towards functions.
    pub flows: &'a [FlowConfig],
    /// Ways of what is sent on.
    pub links: &'a [LinkConfig],
    /// Queues, sorted by name.
    pub queues: &'a [QueueConfig],
    /// Streams and Kafka topics, sorted by name.
    pub streams: &'a [StreamConfig],
    /// Topics, sorted by name.
    pub topics: &'a [TopicConfig],
    /// Event source mappings, sorted by name.
    pub mappings: &'a [MappingConfig],
}

/// What an arrival meets on the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It runs.
    Running {
        /// When the environment is free again.
        until: SimTime,
        /// How it ends then.
        verdict: Verdict,
    },
    /// 429; the client may try again by itself.
    Throttled(Cause),
    /// 202.
    Queued,
    /// Another error; the client may try again by itself after a 5xx.
    Rejected(ErrorCode),
    /// 204.
    DryRun,
    /// Its client holds it back (SDK-4), or a service delivers it later.
    Waiting,
    /// This status of the front end itself: Lambda was not asked.
    RefusedInFront(u16),
    /// A queue, stream or topic has it.
    Sent,
}

impl Platform {
    /// An account in which nothing has run yet; what is provisioned is READY. What would end at `horizon` or later is never
    /// told as ended; [`SimTime::MAX`] for a platform that is driven live.
    pub fn new<O: Observer>(seed: (u64, u64), parts: &Parts, horizon: SimTime, observer: &mut O) -> Platform {
        let cell = |(index, config): (usize, &Arc<FunctionConfig>)| {
            let key = StreamKey::derive(seed.0, seed.1, "provisioned", &config.name);
            Function::new(FunctionId(index as u32), config, parts.account, key)
        };
        let mut platform = Platform {
            functions: parts.functions.iter().enumerate().map(cell).collect(),
            account: Account::new(parts.account, parts.functions),
            clients: parts.traffic.iter().map(Clients::new).collect(),
            throughs: parts
                .traffic
                .iter()
                .map(|entry| entry.through.clone().map(Box::new))
                .collect(),
            gateway: gateway(parts.account.gateway),
            transfers: parts
                .traffic
                .iter()
                .map(|entry| entry.transfer.clone().map(Box::new))
                .collect(),
            flows: parts.flows.to_vec(),
            links: parts.links.iter().map(Link::new).collect(),
            queues: parts.queues.iter().map(Queue::new).collect(),
            streams: parts.streams.iter().map(Stream::new).collect(),
            topics: parts.topics.to_vec(),
            outbox: Outbox::new(),
            mappings: parts.mappings.iter().map(Mapping::new).collect(),
            readers: vec![Vec::new(); parts.queues.len()],
            stream_readers: vec![Vec::new(); parts.streams.len()],
            expiries: vec![SimTime::MAX; parts.queues.len()],
            agenda: Agenda::default(),
            horizon,
            plain_flows: Vec::new(),
            short_way: true,
            cut: SimTime::ZERO,
            alone: None,
            trains: Trains::default(),
        };
        platform.find_plain_flows();
        for index in 0..platform.functions.len() {
            let (function, mut cx) = platform.split(index, observer);
            function.start_provisioned(&mut cx);
        }
        platform.start_mappings(observer);
        platform
    }

    /// Takes in one arrival, after everything due up to its instant.
    #[inline]
    pub fn admit<O: Observer>(&mut self, arrival: &Arrival, observer: &mut O) -> Reply {
        self.advance_to(arrival.time, observer);
        self.catch_up(arrival.time, observer);
        let Some(plain) = self.plain_flows.get(arrival.flow.index()) else {
            return self.publish(arrival, observer);
        };
        let followed = observer.follows(arrival.flow, arrival.ordinal);
        if let Some(plain) = plain.filter(|plain| plain.wait.is_none()) {
            let (function, mut cx) = self.split(plain.function.index(), observer);
            let served = if followed {
                None
            } else {
                function.serve_plainly(arrival, &plain, &mut cx)
            };
            if let Some(reply) = served {
                return reply;
            }
        }
        self.request(arrival, observer)
    }

    /// An arrival goes the general way.
    #[inline(never)]
    fn request<O: Observer>(&mut self, arrival: &Arrival, observer: &mut O) -> Reply {
        // All that are stored came before it.
        self.place_stored(SimTime::MAX);
        let flow = &self.flows[arrival.flow.index()];
        let function = flow.function.index();
        let task = Task::new(arrival);
        observer.arrived(&task.call(flow));
        let (function, mut cx) = self.split(function, observer);
        let reply = function.request(arrival.time, &task, &mut cx);
        if self.account.in_flight.clients_short {
            self.make_ends_events(arrival.time, observer);
        }
        reply
    }

    /// The same platform, which serves every invocation the general way. It does the same, only slower: for comparison.
    #[must_use]
    pub fn without_short_way(mut self) -> Platform {
        self.short_way = false;
        self.find_plain_flows();
        self
    }

    /// Lets everything happen that is due at `time` or before: the core loop.
    pub fn advance_to<O: Observer>(&mut self, time: SimTime, observer: &mut O) {
        self.advance(Moment::after(time), observer);
    }

    /// Lets everything happen that comes before the configuration and scaling actions of `time` (TIME-2): what is due
    /// earlier, and what ends, becomes ready or expires at that instant.
    pub fn advance_to_actions<O: Observer>(&mut self, time: SimTime, observer: &mut O) {
        self.advance(Moment::before(time, Class::Action), observer);
    }

    fn advance<O: Observer>(&mut self, end: Moment, observer: &mut O) {
        if end.time() >= self.cut {
            self.pass_cuts(end.time(), observer);
        }
        self.work_off(end, observer);
    }

    /// Works off what is due on the agenda before `end`.
    #[inline]
    pub(super) fn work_off_agenda<O: Observer>(&mut self, end: Moment, observer: &mut O) {
        while let Some((now, word)) = self.agenda.pop_before(end) {
            if self.agenda.has_turned() {
                self.prefetch_tasks();
            }
            self.step(now, word, observer);
        }
    }

    /// Tasks that are woken soon are asked for.
    #[inline(never)]
    fn prefetch_tasks(&self) {
        for word in self.agenda.soon().filter(|word| !DriverEvent::is(*word)) {
            let (function, event) = Event::unpack(word);
            if let Event::Woken(waiting) = event {
                self.functions[function.index()].waiting.prefetch(waiting);
            }
        }
    }

    #[inline]
    pub(super) fn step<O: Observer>(&mut self, now: SimTime, word: u64, observer: &mut O) {
        if DriverEvent::is(word) {
            self.catch_up_before(now, observer);
            self.driver_event(now, DriverEvent::unpack(word), observer);
            return;
        }
        let (id, event) = Event::unpack(word);
        let is_alone = self.alone == Some(id);
        if !is_alone {
            self.catch_up_before(now, observer);
        }
        let (function, mut cx) = self.split(id.index(), observer);
        if is_alone {
            function.catch_up_before(now, event, &mut cx);
        }
        match event {
            Event::Released(environment) => {
                if let Some(finished) = function.release(now, environment, &mut cx) {
                    function.after(now, &finished, &mut cx);
                }
            }
            Event::Woken(waiting) => {
                let PutAside { task, wake } = function.waiting.remove(waiting);
                function.woken(now, task, wake, &mut cx);
            }
            Event::Allocated(increment) => function.allocated(now, increment, &mut cx),
            Event::Expired => function.settle(now, &mut cx),
            Event::ShutDown(closing) => function.shut_down(closing, &mut cx),
        }
        if self.account.in_flight.clients_short {
            self.make_ends_events(now, observer);
        }
        if !self.outbox.is_empty() {
            self.empty_outbox(now, observer);
        }
    }

    fn driver_event<O: Observer>(&mut self, now: SimTime, event: DriverEvent, observer: &mut O) {
        match event {
            DriverEvent::Mapping(mapping, timer, index) => self.mapping_event(now, mapping, timer, index, observer),
            DriverEvent::Expiry(queue) => self.expire_messages(now, queue, observer),
            DriverEvent::Delivery(link) => self.send(now, link, 0, observer),
        }
        self.empty_outbox(now, observer);
    }

    /// Changes the provisioned concurrency of a qualifier (PC-4, PC-5), before the timers and arrivals of `now`.
    ///
    /// # Errors
    /// Where Lambda would refuse it: see [`ProvisionError`].
    pub fn set_provisioned<O: Observer>(
        &mut self,
        now: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        amount: u32,
        observer: &mut O,
    ) -> Result<(), ProvisionError> {
        self.advance_to_actions(now, observer);
        let (function, mut cx) = self.split(function.index(), observer);
        function.set_provisioned(now, qualifier, amount, &mut cx)
    }

    /// Changes the account's concurrency limit at `now` (CONC-13). What runs goes on; nothing is admitted into an excess.
    pub fn set_account_limit(&mut self, now: SimTime, limit: u32) {
        self.account.set_limit(now, limit);
    }

    /// Changes a function's reserved concurrency, or takes it away. What runs goes on (INVAR-1); at 0 queued events fail at
    /// their next attempt (ASYNC-9).
    ///
    /// # Errors
    /// Where Lambda would refuse it: see [`ReserveError`].
    pub fn set_reserved<O: Observer>(
        &mut self,
        now: SimTime,
        function: FunctionId,
        reserved: Option<u32>,
        observer: &mut O,
    ) -> Result<(), ReserveError> {
        let (function, mut cx) = self.split(function.index(), observer);
        function.set_reserved(now, reserved, &mut cx)
    }

    /// Gives a version other numbers. With `renewed` its code or configuration is another one: environments that exist serve
    /// no more (LIFE-15), idle ones end now, busy ones when they have finished.
    pub fn configure<O: Observer>(
        &mut self,
        now: SimTime,
        function: FunctionId,
        version: VersionId,
        config: &VersionConfig,
        renewed: bool,
        observer: &mut O,
    ) {
        let (function, mut cx) = self.split(function.index(), observer);
        function.configure(now, version, config, renewed, &mut cx);
        self.find_plain_flows();
    }

    /// Takes over from `config` what belongs to a function as a whole besides its reservation: which environment serves,
    /// overhead, the queue of events, allocation. Versions and qualifiers stay as they are.
    pub fn set_parameters(&mut self, function: FunctionId, config: &FunctionConfig) {
        self.functions[function.index()].set_parameters(config);
        self.find_plain_flows();
    }

    /// Changes how events through a qualifier are retried, how old they may become and where their records go (ASYNC-2).
    /// An event that waits keeps the instant of its next attempt.
    pub fn set_event_invoke(&mut self, function: FunctionId, qualifier: QualifierId, config: &EventInvokeConfig) {
        let own = Arc::make_mut(&mut self.functions[function.index()].config);
        own.qualifiers[qualifier.index()].event_invoke = config.clone();
    }

    /// Changes how the clients of a traffic entry retry; retries that wait keep their instant.
    pub fn set_retry(&mut self, traffic: TrafficId, retry: RetryConfig) {
        self.clients[traffic.index()].set_retry(retry);
        self.find_plain_flows();
    }

    /// Lets a qualifier stand for other versions (ALIAS-3, PC-7, PC-8), before the timers and arrivals of `now`.
    pub fn set_routing<O: Observer>(
        &mut self,
        now: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        version: VersionId,
        additional: Option<(VersionId, Share)>,
        observer: &mut O,
    ) {
        self.advance_to_actions(now, observer);
        let (function, mut cx) = self.split(function.index(), observer);
        function.set_routing(now, qualifier, version, additional, &mut cx);
        self.find_plain_flows();
    }

    /// Provisioned environments of a qualifier: asked for, and ready.
    pub fn provisioned(&self, function: FunctionId, qualifier: QualifierId) -> (u32, u32) {
        self.functions[function.index()].provisioned_of(qualifier)
    }

    /// The version that a qualifier stands for, apart from an additional one.
    pub fn version(&self, function: FunctionId, qualifier: QualifierId) -> VersionId {
        self.functions[function.index()].config.qualifiers[qualifier.index()].version
    }

    /// Changes a downstream budget for attempts from now on. Who waits already keeps the turn it was given.
    pub fn set_budget(&mut self, budget: BudgetId, config: &BudgetConfig) {
        self.account.budgets[budget.index()].config = config.clone();
    }

    /// Changes what the callers of a traffic entry send and get, for attempts from now on.
    pub fn set_transfer(&mut self, traffic: TrafficId, transfer: Option<TransferConfig>) {
        for flow in self.flows.iter_mut().filter(|flow| flow.traffic == traffic) {
            flow.sized = transfer.is_some();
        }
        self.transfers[traffic.index()] = transfer.map(Box::new);
        self.find_plain_flows();
    }

    /// Gauges begin at `now`: tells what has ended by then, and counts anew which environments serve.
    pub fn begin_window<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        self.catch_up(now.just_before(), observer);
        self.settle(now, observer);
        self.begin_peaks(now);
        for function in &mut self.functions {
            function
                .environments
                .iter_mut()
                .for_each(|environment| environment.used = false);
        }
    }

    /// Tells the ends of idle environments that are over by `now`, which listeners otherwise hear of late.
    fn settle<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        for index in 0..self.functions.len() {
            let (function, mut cx) = self.split(index, observer);
            function.settle(now, &mut cx);
        }
    }

    /// Ends the run at `end`: tells what listeners have not heard yet, and returns the arrivals without final answer.
    pub fn close<O: Observer>(mut self, end: SimTime, observer: &mut O) -> Vec<Call> {
        self.catch_up(end.just_before(), observer);
        observer.cut(end);
        self.settle(end, observer);
        self.tell_left_messages(end, observer);
        self.close_streams(end, observer);
        let mut unanswered = Vec::new();
        for index in 0..self.functions.len() {
            let (function, mut cx) = self.split(index, observer);
            for environment in function
                .environments
                .iter()
                .filter(|environment| environment.provisioned.is_some())
            {
                function.tell_recycling(environment, end, &mut cx);
            }
            function.note_idle();
            let running = function.environments.running();
            let in_flight = function.in_flight.as_ref();
            let stored = in_flight.and_then(|in_flight| in_flight.stored.as_ref());
            let tasks = running
                .chain(function.waiting.iter().map(|aside| aside.task))
                .chain(stored.into_iter().flat_map(Stored::tasks));
            let polled = |task: &Task| cx.flows[task.flow.index()].mapping.is_some();
            let open = tasks.filter(|task| !task.duplicate && !task.abandoned && !polled(task));
            unanswered.extend(open.map(|task| task.call(&cx.flows[task.flow.index()])));
        }
        unanswered
    }

    /// When the next event is due.
    pub fn next_due(&self) -> Option<SimTime> {
        self.agenda.next_due()
    }

    pub(super) fn split<'a, O>(
        &'a mut self,
        function: usize,
        observer: &'a mut O,
    ) -> (&'a mut Function, Context<'a, O>) {
        let context = Context {
            account: &mut self.account,
            agenda: &mut self.agenda,
            clients: &mut self.clients,
            transfers: &self.transfers,
            throughs: &self.throughs,
            gateway: &mut self.gateway,
            flows: &self.flows,
            outbox: &mut self.outbox,
            horizon: self.horizon,
            observer,
        };
        (&mut self.functions[function], context)
    }
}

fn gateway(rate: GatewayRate) -> Bucket {
    Bucket::new(rate.burst, rate.per_second as u64 * 60)
}

impl Function {
    /// What follows the end of an invocation, by how it was invoked.
    fn after<O: Observer>(&mut self, now: SimTime, finished: &Finished, cx: &mut Context<O>) {
        if finished.verdict.is_ok() && !self.config.invokes.is_empty() {
            self.invoke_onward(&finished.task, cx);
        }
        let flow = &cx.flows[finished.task.flow.index()];
        if let Some(mapping) = flow.mapping {
            cx.outbox.push_back(Outgoing::Polled {
                mapping,
                number: finished.task.ordinal,
                verdict: finished.verdict,
            });
            return;
        }
        match flow.invocation_type {
            InvocationType::Event => self.completed(now, finished, cx),
            InvocationType::RequestResponse | InvocationType::DryRun => self.answered(now, finished, cx),
        }
    }

    fn woken<O: Observer>(&mut self, now: SimTime, task: Task, wake: Wake, cx: &mut Context<O>) {
        match wake {
            Wake::Send => {
                self.send(now, &task, cx);
            }
            Wake::Retry => {
                self.request(now, &task, cx);
            }
            Wake::Answer => {}
            Wake::Deliver => {
                self.send(now, &task, cx);
            }
            Wake::Answered(failure, ending) => self.retry_or_end(now, task, failure, ending, cx),
            Wake::ReadTimeout => self.read_timed_out(now, task, cx),
            Wake::Dispatch | Wake::AfterThrottle | Wake::AfterError => self.dispatch(now, &task, wake, cx),
            Wake::Expire => self.expire(now, task, cx),
        }
    }
}
