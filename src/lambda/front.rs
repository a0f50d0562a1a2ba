//! What stands between a caller and Lambda: front ends that wait for the answer (FE-*), and services that push events (SRC-*).

use super::config::{BAD_RESPONSE, FrontConfig, FrontService, PushConfig, TOO_LARGE, TOO_MANY, Through};
use super::function::{Context, Function, Started};
use super::platform::Reply;
use super::task::{Task, Wake};
use crate::facts::{Denial, Ending, ErrorCode, Failure, InvocationType, Observer, Verdict};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

/// What a caller behind a front end is told, and what its client makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub ending: Ending,
}

impl Answer {
    fn new(status: u16, ending: Ending) -> Answer {
        Answer { status, ending }
    }

    /// How the caller's client sees it: as a throttle, as something that may pass, or as final.
    fn failure(self) -> Option<Failure> {
        match self.status {
            429 => Some(Failure::Throttle),
            500 | 502..=504 => Some(Failure::Transient),
            _ => None,
        }
    }
}

impl FrontConfig {
    fn latency(&self, task: &Task, key: StreamKey) -> Span {
        let draw = || key.draw(task.ordinal, task.attempt, Purpose::Front).first;
        self.latency
            .as_constant()
            .unwrap_or_else(|| self.latency.sample(draw()))
    }
}

impl PushConfig {
    /// From an event to its arrival; the same for all attempts at it.
    pub(super) fn delay(&self, ordinal: u64, key: StreamKey) -> Span {
        let draw = || key.draw(ordinal, 0, Purpose::Front).first;
        self.latency
            .as_constant()
            .unwrap_or_else(|| self.latency.sample(draw()))
    }

    /// Whether the service delivers the event twice (SRC-1).
    pub(super) fn duplicates(&self, ordinal: u64, key: StreamKey) -> bool {
        self.duplicates.covers(key.draw(ordinal, 0, Purpose::Front).second)
    }
}

impl Function {
    /// A request or event takes its way through a service.
    pub fn pass_through<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Reply {
        let flow = &cx.flows[task.flow.index()];
        match (cx.through(flow.traffic), flow.invocation_type) {
            (Some(Through::Push(push)), InvocationType::Event) => {
                let delay = push.delay(task.ordinal, flow.key);
                if delay.is_zero() {
                    return self.send(now, task, cx);
                }
                self.wait(now.saturating_add(delay), *task, Wake::Deliver, cx);
                Reply::Waiting
            }
            (Some(Through::Front(front)), InvocationType::RequestResponse) => self.call_behind(now, task, front, cx),
            _ => self.send(now, task, cx),
        }
    }

    fn call_behind<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        front: &FrontConfig,
        cx: &mut Context<O>,
    ) -> Reply {
        let flow = &cx.flows[task.flow.index()];
        let latency = front.latency(task, flow.key);
        let told = now.saturating_add(latency);
        if front.service == FrontService::ApiGateway && !cx.gateway.take(now) {
            self.answer((now, told), task, Answer::new(TOO_MANY, Ending::Throttled), cx);
            return Reply::RefusedInFront(TOO_MANY);
        }
        let transfer = cx.transfer(flow.traffic);
        if let Some((transfer, payload)) = transfer.map(|transfer| (transfer, transfer.payload(task, flow.key))) {
            let refused = Answer::new(TOO_LARGE, Ending::Refused);
            if front.largest_payload.is_some_and(|largest| payload > largest) {
                self.answer((now, told), task, refused, cx);
                return Reply::RefusedInFront(TOO_LARGE);
            }
            if payload > transfer.payload_limit {
                self.tell_rejection(now, task, ErrorCode::RequestTooLarge, cx);
                self.answer((now, told), task, refused, cx);
                return Reply::Rejected(ErrorCode::RequestTooLarge);
            }
        }
        match self.invoke(now, task, cx) {
            Ok(started) => {
                self.answer_behind(now, task, &started, front, latency, cx);
                Reply::Running {
                    until: started.until,
                    verdict: started.verdict,
                }
            }
            Err(denial) => {
                self.tell_refusal(now, task, denial, cx);
                let (answer, reply) = match denial {
                    Denial::Throttle(cause) => (
                        Answer::new(front.throttle_status, Ending::Throttled),
                        Reply::Throttled(cause),
                    ),
                    Denial::Refused(code) => (Answer::new(front.error_status, Ending::Failed), Reply::Rejected(code)),
                };
                self.answer((now, told), task, answer, cx);
                reply
            }
        }
    }

    /// The answer to an attempt that runs, or the front end's own when it has waited long enough (FE-1…5, INV-10).
    fn answer_behind<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        started: &Started,
        front: &FrontConfig,
        latency: Span,
        cx: &mut Context<O>,
    ) {
        let flow = &cx.flows[task.flow.index()];
        let answered = started.answered.saturating_add(latency);
        let patience = front
            .timeout
            .map_or(SimTime::MAX, |timeout| now.saturating_add(timeout));
        let served = Task {
            start_kind: started.start_kind,
            ..*task
        };
        if answered > patience {
            self.environments.get_mut(started.environment).task.abandoned = true;
            if cx.clients[flow.traffic.index()].repeats_unseen(task.attempt) && patience < cx.horizon {
                let again = Wake::Answered(Failure::Timeout, Ending::Failed);
                self.wait(patience, served, again, cx);
                return;
            }
            let answer = Answer::new(front.timeout_status, Ending::Failed);
            self.answer((now, patience), &served, answer, cx);
            return;
        }
        if !started.completes {
            // LIFE-8: the caller has its answer, extensions go on beyond the end of the run.
            self.environments.get_mut(started.environment).task.abandoned = true;
        }
        let answer = match started.verdict {
            Verdict::Ok if too_large_response(task, front, cx) => Answer::new(BAD_RESPONSE, Ending::Failed),
            Verdict::Ok => Answer::new(200, Ending::Succeeded),
            Verdict::Timeout => Answer::new(front.function_timeout_status, Ending::Failed),
            Verdict::Error | Verdict::Crash => Answer::new(front.error_status, Ending::Failed),
        };
        self.answer((now, answered), &served, answer, cx);
    }

    /// The caller who asked at `now` gets `answer` at `time`; its client may try again then.
    fn answer<O: Observer>(
        &mut self,
        (now, time): (SimTime, SimTime),
        task: &Task,
        answer: Answer,
        cx: &mut Context<O>,
    ) {
        if time >= cx.horizon {
            self.wait(time, *task, Wake::Answer, cx);
            return;
        }
        let flow = &cx.flows[task.flow.index()];
        cx.observer.status(now, time, &task.call(flow), answer.status);
        match answer.failure() {
            Some(failure) if time > now => {
                self.wait(time, *task, Wake::Answered(failure, answer.ending), cx);
            }
            Some(failure) => self.retry_or_end(now, *task, failure, answer.ending, cx),
            None => self.end(time, task, answer.ending, task.start_kind, cx),
        }
    }
}

/// Whether the front end cannot pass the response on (FE-3, EDGE-3).
fn too_large_response<O: Observer>(task: &Task, front: &FrontConfig, cx: &Context<O>) -> bool {
    let flow = &cx.flows[task.flow.index()];
    match (cx.transfer(flow.traffic), front.largest_response) {
        (Some(transfer), Some(largest)) => transfer.response(task, flow.key) > largest,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdk_clients_repeat_what_is_answered_with_429_and_500_502_503_504() {
        let failure = |status| Answer::new(status, Ending::Failed).failure();
        assert_eq!(failure(429), Some(Failure::Throttle));
        for status in [500, 502, 503, 504] {
            assert_eq!(failure(status), Some(Failure::Transient), "{status}");
        }
        for status in [200, 400, 413, 499, 501, 505] {
            assert_eq!(failure(status), None, "{status}");
        }
    }
}
