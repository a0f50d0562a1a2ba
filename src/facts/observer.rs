use super::{
    Action, ActivePollers, Attempt, BatchEnded, Blockage, BudgetCall, Call, ClientRetry, Compute, EventStep, FlowId,
    FunctionId, GivenBack, InvocationType, LinkId, Look, MappingId, Message, MessageStep, Pool, QualifierId, QueueId,
    RecordStep, Refusal, ServedTrain, SlotSteps, StartKind, StoredTrain, StreamId, VersionId, Waiting,
};
use crate::units::{Bytes, Share, SimTime, Span};

/// The platform tells, listeners count. Every method does nothing unless it is overridden, so what nobody listens to
/// costs nothing. Times never run backwards from call to call, except that the end of an attempt or an arrival may lie
/// ahead of the moment at which it is told.
pub trait Observer {
    /// Traffic asked for something.
    fn arrived(&mut self, _call: &Call) {}
    /// An attempt was admitted; it is told whole, with its end.
    fn ran(&mut self, _attempt: &Attempt) {}
    /// An attempt was refused.
    fn refused(&mut self, _refusal: &Refusal) {}
    /// An arrival got its final answer at `ended.time`, which lies before the end of the run.
    fn ended(&mut self, _ended: &Ended) {}
    /// An arrival whose only attempt is plain ([`Attempt::is_plain`]) and answers the caller: most are like that, so they can
    /// be told at once. By default the four calls that tell it otherwise.
    fn served(&mut self, call: &Call, pool: Pool, attempt: &Attempt) {
        self.arrived(call);
        self.slot(attempt.start, pool, true);
        self.ran(attempt);
        self.ended(&Ended {
            call: *call,
            time: attempt.answered,
            ending: Ending::Succeeded,
            start_kind: attempt.start_kind,
        });
    }
    /// Arrivals like that, one after another. Only listeners who take sums are told so; what is given back in between is theirs
    /// to book, also where they book the rest one by one as [`Observer::served`] does by default.
    fn served_train(&mut self, train: &ServedTrain) {
        for index in 0..train.count {
            let (call, attempt) = train.one(index);
            if call.invocation_type != InvocationType::Event {
                self.served(&call, train.pool(), &attempt);
                continue;
            }
            self.asynchronous(attempt.start, &call, AsyncStep::Attempted);
            self.slot(attempt.start, train.pool(), true);
            self.ran(&attempt);
            self.ended(&Ended {
                call,
                time: attempt.end,
                ending: Ending::Succeeded,
                start_kind: attempt.start_kind,
            });
        }
    }
    /// Events that were stored one after another, told ahead of what happens meanwhile, but not beyond the next cut. Only listeners
    /// who take sums are told so. When they are tried that is told as [`Observer::served_train`], where it goes well.
    fn stored(&mut self, train: &StoredTrain<'_>) {
        for index in 0..train.times.len() {
            let call = train.call(index);
            self.arrived(&call);
            self.asynchronous(call.arrived, &call, AsyncStep::Received);
        }
    }
    /// A step in the life of an asynchronous event.
    fn asynchronous(&mut self, _time: SimTime, _call: &Call, _step: AsyncStep) {}
    /// An event with a payload of this size was stored (ASYNC-1, PRICE-3).
    fn event_stored(&mut self, _time: SimTime, _call: &Call, _payload: Bytes) {}
    /// The attempt just told streams its response (INV-5).
    fn streamed(&mut self, _streamed: &Streamed) {}
    /// A caller behind a front end, who asked at `asked`, gets this HTTP status at `time`, which may lie ahead.
    fn status(&mut self, _asked: SimTime, _time: SimTime, _call: &Call, _status: u16) {}
    /// Something was sent over a link.
    fn sent(&mut self, _time: SimTime, _link: LinkId) {}
    /// A message of a queue took a step.
    fn message(&mut self, _time: SimTime, _queue: QueueId, _message: &Message, _step: MessageStep) {}
    /// The run ends at `time` with messages in a queue or in flight from it, the oldest of which was sent at `oldest`.
    fn left_in_queue(&mut self, _time: SimTime, _queue: QueueId, _oldest: SimTime) {}
    /// A record was sent to a stream.
    fn record_sent(&mut self, _time: SimTime, _stream: StreamId, _record: &Message) {}
    /// Records of a stream took a step for one of its readers; `None` is a stream that nobody reads.
    fn records(
        &mut self,
        _time: SimTime,
        _stream: StreamId,
        _mapping: Option<MappingId>,
        _records: &[Message],
        _step: RecordStep,
    ) {
    }
    /// An invocation with records of a stream has ended.
    fn batch_ended(&mut self, _ended: &BatchEnded) {}
    /// `amount` events of a mapping, or what else the step counts, took a step (MET-17).
    fn mapping_events(&mut self, _time: SimTime, _mapping: MappingId, _step: EventStep, _amount: u64) {}
    /// A lane that was stopped goes on, or the run ends.
    fn blocked(&mut self, _blockage: &Blockage) {}
    /// More or fewer pollers of a mapping in provisioned mode are active (SQSP-5, KAF-2).
    fn pollers(&mut self, _active: &ActivePollers) {}
    /// A concurrency slot was taken (`true`) or given back.
    fn slot(&mut self, _time: SimTime, _pool: Pool, _taken: bool) {}
    /// Whether it is enough to hear of slots given back as sums ([`Observer::given_back`]), up to each cut at the latest.
    fn takes_sums(&self) -> bool {
        false
    }
    /// The next instant up to which this listener must have heard of everything before it hears of what comes after.
    fn next_cut(&self) -> SimTime {
        SimTime::MAX
    }
    /// Everything before `time`, which is the next cut or lies beyond it, has been told.
    fn cut(&mut self, _time: SimTime) {}
    /// After a cut at `time` all that ends at that instant has been told (TIME-2). Nothing has begun: who was busy up to then has
    /// never been so in what begins with the cut.
    fn ended_at_cut(&mut self, _time: SimTime) {}
    /// Whether it matters which slots were given back between two cuts where nothing else happens. Where it does not, both cuts may
    /// be told at once, and trains of requests go across cuts that have not been told.
    fn minds_each_cut(&self) -> bool {
        false
    }
    /// Until when functions may be told one after another ([`Observer::begin_cells`]) from the instant `from` on.
    fn apart_until(&self, _from: SimTime) -> SimTime {
        SimTime::MAX
    }
    /// Up to `until` functions are told one after another, each from `from` on. So the order of what the account has of all of
    /// them, its slots, is not that in which they are told: [`Observer::end_cells`] tells it.
    fn begin_cells(&mut self, _from: SimTime, _until: SimTime) {}
    /// This function is told soon, which `flow` calls: what is kept of it may be asked for ahead. Nothing may change but time.
    fn coming(&mut self, _flow: FlowId, _function: FunctionId, _turn: Turn) {}
    /// What follows is of this function.
    fn begin_cell(&mut self, _function: FunctionId) {}
    /// All functions have been told. These are the account's slots.
    fn end_cells(&mut self, _slots: &mut SlotSteps) {}
    /// GivenBack of `pool` that were given back since it was told last, as its function and qualifier see it.
    fn given_back(&mut self, _pool: Pool, _slots: GivenBack) {}
    /// The same as the account sees it, always before a slot is taken later: all slots, and the unreserved among them.
    fn given_back_to_account(&mut self, _all: GivenBack, _unreserved: GivenBack) {}
    /// An environment was created (`true`) or ended. Ends may be told late, with their true time.
    fn environment(&mut self, _time: SimTime, _function: FunctionId, _created: bool) {}
    /// An environment served its first invocation.
    fn environment_used(&mut self, _time: SimTime, _function: FunctionId) {}
    /// From `time` on, `amount` provisioned environments are configured on a qualifier (PRICE-8), of which `ready` serve.
    fn provisioned(
        &mut self,
        _time: SimTime,
        _function: FunctionId,
        _qualifier: QualifierId,
        _amount: u32,
        _ready: u32,
    ) {
    }
    /// An invocation met a downstream budget.
    fn budget(&mut self, _call: &BudgetCall) {}
    /// From `time` on `reserved` is the function's reserved concurrency; `on_demand` of its environments are busy on demand.
    fn reservation(&mut self, _time: SimTime, _function: FunctionId, _reserved: Option<u32>, _on_demand: u32) {}
    /// From `time` on a version's invocations run on another `compute` (VER-1: only `$LATEST` can change).
    fn configured(&mut self, _time: SimTime, _function: FunctionId, _version: VersionId, _compute: Compute) {}
    /// A provisioned environment ran INIT, billed at the provisioned duration rate (PRICE-9).
    fn provisioned_init(
        &mut self,
        _time: SimTime,
        _function: FunctionId,
        _qualifier: QualifierId,
        _version: VersionId,
        _init: Span,
    ) {
    }
    /// From `time` on, a qualifier stands for other versions (ALIAS-3).
    fn routed(
        &mut self,
        _time: SimTime,
        _function: FunctionId,
        _qualifier: QualifierId,
        _version: VersionId,
        _additional: Option<(VersionId, Share)>,
    ) {
    }
    /// Something was done to the account, or an alarm changed its state.
    fn acted(&mut self, _time: SimTime, _action: &Action) {}

    /// Whether somebody follows an arrival and wants the methods below: then it goes the general way. They are not there for
    /// listeners behind a pointer (`dyn`), so that an ordinary run has no trace of them.
    #[inline(always)]
    fn follows(&self, _flow: FlowId, _ordinal: u64) -> bool
    where
        Self: Sized,
    {
        false
    }
    /// An attempt at an arrival that is followed comes to the checks of the admission order.
    fn looked(&mut self, _look: &Look)
    where
        Self: Sized,
    {
    }
    /// The client of an arrival that is followed tries again, or gives up.
    fn client_decided(&mut self, _retry: &ClientRetry)
    where
        Self: Sized,
    {
    }
    /// An arrival that is followed waits.
    fn waits(&mut self, _waiting: &Waiting)
    where
        Self: Sized,
    {
    }
    /// A mapping is about to invoke its function with these records: batch `number` of its flow, for the `attempt`-th time
    /// from 0.
    #[inline(always)]
    fn batched(&mut self, _time: SimTime, _flow: FlowId, _number: u64, _attempt: u32, _records: &[Message])
    where
        Self: Sized,
    {
    }
    /// This went over its link.
    #[inline(always)]
    fn passed(&mut self, _time: SimTime, _message: &Message)
    where
        Self: Sized,
    {
    }
}

/// How far ahead of its turn a function is announced ([`Observer::coming`]): each time it is known where the next things lie, because
/// what was asked for before has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Two others come before it: what stands in lists may be asked for.
    Third,
    /// One other comes before it: what those point to.
    Second,
    /// It comes next: what stands behind that.
    Next,
}

impl Turn {
    /// All, the nearest first.
    pub const ALL: [Turn; 3] = [Turn::Next, Turn::Second, Turn::Third];
}

/// Nobody listens.
impl Observer for () {
    fn takes_sums(&self) -> bool {
        true
    }
}

/// Keeps what most runs do without out of the way of the others.
#[cold]
#[inline(never)]
fn seldom(tell: impl FnOnce()) {
    tell();
}

macro_rules! forward {
    (
        for all: { $($method:ident($($argument:ident: $kind:ty),*);)* }
        for followers: { $($followed:ident($($of:ident: $followed_kind:ty),*);)* }
    ) => {
        impl<A: Observer, B: Observer> Observer for (A, B) {
            fn takes_sums(&self) -> bool {
                self.0.takes_sums() && self.1.takes_sums()
            }
            fn next_cut(&self) -> SimTime {
                self.0.next_cut().min(self.1.next_cut())
            }
            fn minds_each_cut(&self) -> bool {
                self.0.minds_each_cut() || self.1.minds_each_cut()
            }
            fn apart_until(&self, from: SimTime) -> SimTime {
                self.0.apart_until(from).min(self.1.apart_until(from))
            }
            $(#[inline(always)]
            fn $method(&mut self, $($argument: $kind),*) {
                self.0.$method($($argument),*);
                self.1.$method($($argument),*);
            })*
            #[inline(always)]
            fn follows(&self, flow: FlowId, ordinal: u64) -> bool {
                self.0.follows(flow, ordinal) || self.1.follows(flow, ordinal)
            }
            $(#[inline(always)]
            fn $followed(&mut self, $($of: $followed_kind),*) {
                self.0.$followed($($of),*);
                self.1.$followed($($of),*);
            })*
        }
        impl<A: Observer> Observer for &mut A {
            fn takes_sums(&self) -> bool {
                (**self).takes_sums()
            }
            fn next_cut(&self) -> SimTime {
                (**self).next_cut()
            }
            fn minds_each_cut(&self) -> bool {
                (**self).minds_each_cut()
            }
            fn apart_until(&self, from: SimTime) -> SimTime {
                (**self).apart_until(from)
            }
            $(#[inline(always)]
            fn $method(&mut self, $($argument: $kind),*) {
                (**self).$method($($argument),*);
            })*
            #[inline(always)]
            fn follows(&self, flow: FlowId, ordinal: u64) -> bool {
                (**self).follows(flow, ordinal)
            }
            $(#[inline(always)]
            fn $followed(&mut self, $($of: $followed_kind),*) {
                (**self).$followed($($of),*);
            })*
        }
        impl<A: Observer> Observer for Option<A> {
            fn takes_sums(&self) -> bool {
                self.as_ref().is_none_or(Observer::takes_sums)
            }
            fn next_cut(&self) -> SimTime {
                self.as_ref().map_or(SimTime::MAX, Observer::next_cut)
            }
            fn minds_each_cut(&self) -> bool {
                self.as_ref().is_some_and(Observer::minds_each_cut)
            }
            fn apart_until(&self, from: SimTime) -> SimTime {
                self.as_ref().map_or(SimTime::MAX, |listener| listener.apart_until(from))
            }
            $(#[inline(always)]
            fn $method(&mut self, $($argument: $kind),*) {
                if let Some(listener) = self {
                    seldom(|| listener.$method($($argument),*));
                }
            })*
        }
        impl Observer for &mut (dyn Observer + '_) {
            fn takes_sums(&self) -> bool {
                (**self).takes_sums()
            }
            fn next_cut(&self) -> SimTime {
                (**self).next_cut()
            }
            fn minds_each_cut(&self) -> bool {
                (**self).minds_each_cut()
            }
            fn apart_until(&self, from: SimTime) -> SimTime {
                (**self).apart_until(from)
            }
            $(#[inline(always)]
            fn $method(&mut self, $($argument: $kind),*) {
                (**self).$method($($argument),*);
            })*
        }
    };
}

forward! {
    for all: {
    arrived(call: &Call);
    ran(attempt: &Attempt);
    refused(refusal: &Refusal);
    ended(ended: &Ended);
    served(call: &Call, pool: Pool, attempt: &Attempt);
    served_train(train: &ServedTrain);
    stored(train: &StoredTrain<'_>);
    asynchronous(time: SimTime, call: &Call, step: AsyncStep);
    event_stored(time: SimTime, call: &Call, payload: Bytes);
    streamed(streamed: &Streamed);
    status(asked: SimTime, time: SimTime, call: &Call, status: u16);
    sent(time: SimTime, link: LinkId);
    message(time: SimTime, queue: QueueId, message: &Message, step: MessageStep);
    left_in_queue(time: SimTime, queue: QueueId, oldest: SimTime);
    record_sent(time: SimTime, stream: StreamId, record: &Message);
    records(time: SimTime, stream: StreamId, mapping: Option<MappingId>, records: &[Message], step: RecordStep);
    batch_ended(ended: &BatchEnded);
    mapping_events(time: SimTime, mapping: MappingId, step: EventStep, amount: u64);
    blocked(blockage: &Blockage);
    pollers(active: &ActivePollers);
    slot(time: SimTime, pool: Pool, taken: bool);
    cut(time: SimTime);
    ended_at_cut(time: SimTime);
    begin_cells(from: SimTime, until: SimTime);
    coming(flow: FlowId, function: FunctionId, turn: Turn);
    begin_cell(function: FunctionId);
    end_cells(slots: &mut SlotSteps);
    given_back(pool: Pool, slots: GivenBack);
    given_back_to_account(all: GivenBack, unreserved: GivenBack);
    environment(time: SimTime, function: FunctionId, created: bool);
    environment_used(time: SimTime, function: FunctionId);
    provisioned(time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, ready: u32);
    budget(call: &BudgetCall);
    reservation(time: SimTime, function: FunctionId, reserved: Option<u32>, on_demand: u32);
    configured(time: SimTime, function: FunctionId, version: VersionId, compute: Compute);
    provisioned_init(time: SimTime, function: FunctionId, qualifier: QualifierId, version: VersionId, init: Span);
    routed(time: SimTime, function: FunctionId, qualifier: QualifierId, version: VersionId, additional: Option<(VersionId, Share)>);
    acted(time: SimTime, action: &Action);
    }
    for followers: {
    looked(look: &Look);
    client_decided(retry: &ClientRetry);
    waits(waiting: &Waiting);
    batched(time: SimTime, flow: FlowId, number: u64, attempt: u32, records: &[Message]);
    passed(time: SimTime, message: &Message);
    }
}

/// The final answer to one arrival (contract §4, the terms that sum to `arrivals`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// The function returned.
    Succeeded,
    /// A function, service or client error, or retries exhausted.
    Failed,
    /// A client error before anything was queued or ran (INV-4): one of those that failed.
    Refused,
    /// The last answer was caused by a throttle.
    Throttled,
    /// An event outlived its maximum age, or met reserved concurrency 0.
    Dropped,
    /// A dry run was answered.
    DryRun,
}

/// A streamed response (INV-5).
#[derive(Clone, Copy, Debug)]
pub struct Streamed {
    /// When the attempt was admitted.
    pub time: SimTime,
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// The function that answers.
    pub function: FunctionId,
    /// The version that answers.
    pub version: VersionId,
    /// How the function was addressed.
    pub qualifier: QualifierId,
    /// When the arrival arrived.
    pub arrived: SimTime,
    /// When the caller gets the first byte.
    pub first_byte: SimTime,
    /// What is sent; less than the whole response where the timeout cuts it.
    pub sent: Bytes,
}

/// An arrival and its end.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The arrival.
    pub call: Call,
    /// When the caller saw the final answer, or the event its final outcome.
    pub time: SimTime,
    /// What it was.
    pub ending: Ending,
    /// What served the last attempt.
    pub start_kind: StartKind,
}

/// Steps in the life of an asynchronous event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncStep {
    /// Stored and answered with 202: `AsyncEventsReceived`.
    Received,
    /// Handed to a function: `AsyncEventAge` is the time since it arrived.
    Attempted,
    /// Came back after a throttle and will be tried again: that next attempt is told by this step when it is made.
    RetriedAfterThrottle,
    /// As above, after a function error.
    RetriedAfterError,
    /// Outlived its maximum age: `AsyncEventsDropped` (ASYNC-8).
    Expired,
    /// Met reserved concurrency 0: `AsyncEventsDropped` (ASYNC-9).
    Refused,
    /// Failed with no retry left: `AsyncEventsDropped`.
    Exhausted,
    /// Its record went to the dead-letter queue.
    DeadLettered,
    /// Its record went to the on-success destination.
    DestinationSuccess,
    /// Its record went to the on-failure destination.
    DestinationFailure,
}
