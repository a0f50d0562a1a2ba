use crate::facts::{AsyncStep, Cause, Denial, Ending, Failure, Observer, StartKind};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::lambda::config::{AsyncQueueConfig, Through};
use crate::lambda::environment::Finished;
use crate::lambda::function::{Context, Function};
use crate::lambda::outbox::Outgoing;
use crate::lambda::platform::Reply;
use crate::lambda::task::{Task, Wake};
use crate::units::{SimTime, Span};

/// Wait before each retry after a function error (ASYNC-3): one minute, then two.
const ERROR_WAIT: Span = Span::from_secs(60);
/// Where the attempts of a second delivery (ASYNC-7) begin to count, so that it has draws of its own.
const DUPLICATE_ATTEMPTS: u32 = 1_000;
/// Longest wait after a throttle (ASYNC-4).
const LONGEST_THROTTLE_WAIT: Span = Span::from_secs(300);

impl Function {
    /// Step 3: the event is stored and answered with 202 (ASYNC-1).
    pub fn accept<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Reply {
        if cx.account.config.rate_limits_events && !cx.account.take_request(now) {
            self.tell_refusal(now, task, Cause::AccountRate.into(), cx);
            self.retry_or_give_up(now, *task, Failure::Throttle, cx);
            return Reply::Throttled(Cause::AccountRate);
        }
        let traffic = cx.flows[task.flow.index()].traffic;
        cx.clients[traffic.index()].succeeded(task.ordinal, task.retry_cost, now);
        self.step(now, task, AsyncStep::Received, cx);
        if cx.flows[task.flow.index()].sized {
            self.tell_payload(now, task, cx);
        }
        let key = cx.flows[task.flow.index()].key;
        let events = &self.config.events;
        let delay = events.first_dispatch.as_constant().unwrap_or_else(|| {
            events
                .first_dispatch
                .sample(key.draw(task.ordinal, task.attempt, Purpose::Overhead).second)
        });
        let pushed_twice = cx.flows[task.flow.index()].through
            && matches!(cx.through(traffic), Some(Through::Push(push)) if push.duplicates(task.ordinal, key));
        let queued_twice = !events.duplicates.is_none()
            && events
                .duplicates
                .covers(key.draw(task.ordinal, task.attempt, Purpose::Copies).first);
        let duplicated = pushed_twice || queued_twice;
        self.requeue(now, delay, task, Wake::Dispatch, cx);
        if duplicated {
            let mut second = *task;
            second.duplicate = true;
            second.attempt = DUPLICATE_ATTEMPTS;
            self.requeue(now, delay, &second, Wake::Dispatch, cx);
        }
        Reply::Queued
    }

    /// An attempt at a queued event.
    #[inline(always)]
    pub fn dispatch<O: Observer>(&mut self, now: SimTime, task: &Task, wake: Wake, cx: &mut Context<O>) {
        if !task.duplicate {
            let call = task.call(&cx.flows[task.flow.index()]);
            match wake {
                Wake::AfterThrottle => cx.observer.asynchronous(now, &call, AsyncStep::RetriedAfterThrottle),
                Wake::AfterError => cx.observer.asynchronous(now, &call, AsyncStep::RetriedAfterError),
                _ => {}
            }
            cx.observer.asynchronous(now, &call, AsyncStep::Attempted);
        }
        let Err(denial) = self.invoke(now, task, cx) else {
            return;
        };
        self.tell_refusal(now, task, denial, cx);
        if task.duplicate {
            return;
        }
        if denial == Denial::Throttle(Cause::ReservedZero) {
            self.finish(now, task, AsyncStep::Refused, StartKind::None, cx);
        } else {
            self.back_off(now, task, cx);
        }
    }

    /// ASYNC-4, also after an error of the system (EFS-4): back to the queue for 1 s, 2 s, 4 s … 5 min, without using up a retry.
    #[inline(never)]
    fn back_off<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) {
        let key = cx.flows[task.flow.index()].key;
        let wait = throttle_wait(&self.config.events, task, key);
        let mut next = task.next_attempt();
        next.throttles_in_row += 1;
        self.requeue(now, wait, &next, Wake::AfterThrottle, cx);
    }

    /// Waits for the next attempt, or for the maximum age if that comes first (ASYNC-8).
    #[inline(always)]
    fn requeue<O: Observer>(&mut self, now: SimTime, wait: Span, task: &Task, wake: Wake, cx: &mut Context<O>) {
        let qualifier = &self.config.qualifiers[cx.flows[task.flow.index()].qualifier.index()];
        let deadline = accepted(task, cx).saturating_add(qualifier.event_invoke.maximum_event_age);
        let due = now.saturating_add(wait);
        let (until, wake) = if due > deadline {
            (deadline.max(now), Wake::Expire)
        } else {
            (due, wake)
        };
        self.wait(until, *task, wake, cx);
    }

    /// An event has reached its maximum age.
    pub fn expire<O: Observer>(&mut self, now: SimTime, task: Task, cx: &mut Context<O>) {
        if !task.duplicate {
            self.finish(now, &task, AsyncStep::Expired, task.start_kind, cx);
        }
    }

    /// The invocation of an event is over: done, retried in a minute or two, or exhausted (ASYNC-3).
    pub fn completed<O: Observer>(&mut self, now: SimTime, finished: &Finished, cx: &mut Context<O>) {
        let task = finished.task;
        if task.duplicate {
            return;
        }
        if finished.verdict.is_ok() {
            self.succeed(now, &task, finished.start_kind, cx);
            return;
        }
        let qualifier = &self.config.qualifiers[cx.flows[task.flow.index()].qualifier.index()];
        if task.failures >= qualifier.event_invoke.maximum_retry_attempts {
            self.finish(now, &task, AsyncStep::Exhausted, finished.start_kind, cx);
            return;
        }
        let mut next = task.next_attempt();
        next.failures += 1;
        next.start_kind = finished.start_kind;
        next.throttles_in_row = 0;
        let wait = Span::from_micros(ERROR_WAIT.as_micros() * next.failures as u64);
        self.requeue(now, wait, &next, Wake::AfterError, cx);
    }

    fn succeed<O: Observer>(&mut self, now: SimTime, task: &Task, start_kind: StartKind, cx: &mut Context<O>) {
        let qualifier = &self.config.qualifiers[cx.flows[task.flow.index()].qualifier.index()];
        if let Some(link) = qualifier.event_invoke.on_success {
            self.step(now, task, AsyncStep::DestinationSuccess, cx);
            cx.outbox.push_back(Outgoing::after(task, link));
        }
        self.end(now, task, Ending::Succeeded, start_kind, cx);
    }

    /// The event's last chance is gone; destination and dead-letter queue both receive it (ASYNC-10).
    fn finish<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        step: AsyncStep,
        start_kind: StartKind,
        cx: &mut Context<O>,
    ) {
        self.step(now, task, step, cx);
        let qualifier = &self.config.qualifiers[cx.flows[task.flow.index()].qualifier.index()];
        let version = self.route(task, &cx.flows[task.flow.index()]);
        if let Some(link) = qualifier.event_invoke.on_failure {
            self.step(now, task, AsyncStep::DestinationFailure, cx);
            cx.outbox.push_back(Outgoing::after(task, link));
        }
        if let Some(link) = self.config.versions[version.index()].dead_letter {
            self.step(now, task, AsyncStep::DeadLettered, cx);
            cx.outbox.push_back(Outgoing::after(task, link));
        }
        let ending = if step == AsyncStep::Exhausted {
            Ending::Failed
        } else {
            Ending::Dropped
        };
        self.end(now, task, ending, start_kind, cx);
    }

    fn step<O: Observer>(&self, now: SimTime, task: &Task, step: AsyncStep, cx: &mut Context<O>) {
        if !task.duplicate {
            cx.observer
                .asynchronous(now, &task.call(&cx.flows[task.flow.index()]), step);
        }
    }
}

/// When Lambda stored the event: its age counts from there (ASYNC-8).
#[inline]
fn accepted<O: Observer>(task: &Task, cx: &Context<O>) -> SimTime {
    let flow = &cx.flows[task.flow.index()];
    if !flow.through {
        return task.arrived;
    }
    match cx.through(flow.traffic) {
        Some(Through::Push(push)) => task.arrived.saturating_add(push.delay(task.ordinal, flow.key)),
        _ => task.arrived,
    }
}

/// The wait after a throttle: min(300, 2^(n−1)) s, times slowdown and jitter (ASYNC-4…6).
fn throttle_wait(events: &AsyncQueueConfig, task: &Task, key: StreamKey) -> Span {
    let doubled = Span::from_secs(1 << task.throttles_in_row.min(20));
    let wait = doubled.min(LONGEST_THROTTLE_WAIT).as_micros() as u128 * events.slowdown as u128 / 1_000;
    let factor_thousandths = match events.jitter {
        None => return Span::from_micros(wait as u64),
        Some((low, high)) => {
            let uniform = key.draw(task.ordinal, task.attempt, Purpose::Jitter).first as u128;
            ((low as u128) << 53) + uniform * (high - low) as u128
        }
    };
    Span::from_micros(((wait * factor_thousandths / 1_000) >> 53) as u64)
}
