//! What a caller sends and gets: sizes with their limits, and the time that a streamed response takes (INV-4, INV-5).

use super::config::{ResponseMode, TransferConfig, VersionConfig};
use super::execution::{Execution, Readiness};
use super::function::{Context, Function};
use super::platform::Reply;
use super::task::Task;
use crate::facts::{Attempt, Ending, ErrorCode, Observer, StartKind, Streamed, Verdict};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{Bytes, SimTime, Span};

/// What of a streamed response is sent at full speed (INV-5, LIM-13).
const FULL_SPEED: Bytes = Bytes::from_mb(6);
/// How much of the rest is sent in a second (INV-5, LIM-13).
const PER_SECOND: Bytes = Bytes::from_mb(2);
const MICROS_PER_SECOND: u128 = 1_000_000;

impl TransferConfig {
    /// The payload of an arrival, the same for all attempts at it.
    pub(super) fn payload(&self, task: &Task, key: StreamKey) -> Bytes {
        self.payload.sample(key.draw(task.ordinal, 0, Purpose::Payload).first)
    }

    /// The response to an attempt.
    pub(super) fn response(&self, task: &Task, key: StreamKey) -> Bytes {
        self.response
            .sample(key.draw(task.ordinal, task.attempt, Purpose::Response).first)
    }
}

impl Function {
    /// Step 1 of the admission order: a payload above its limit is refused with 413, which no client repeats (INV-4).
    pub fn refuse_large_payload<O: Observer>(
        &mut self,
        now: SimTime,
        task: &Task,
        cx: &mut Context<O>,
    ) -> Option<Reply> {
        let flow = &cx.flows[task.flow.index()];
        let transfer = cx.transfer(flow.traffic)?;
        if transfer.payload(task, flow.key) <= transfer.payload_limit {
            return None;
        }
        self.tell_rejection(now, task, ErrorCode::RequestTooLarge, cx);
        self.end(now, task, Ending::Refused, StartKind::None, cx);
        Some(Reply::Rejected(ErrorCode::RequestTooLarge))
    }

    /// Tells the size of an event that has been stored: large ones cost extra requests (PRICE-3).
    pub fn tell_payload<O: Observer>(&self, now: SimTime, task: &Task, cx: &mut Context<O>) {
        let flow = &cx.flows[task.flow.index()];
        if let Some(transfer) = cx.transfer(flow.traffic) {
            let payload = transfer.payload(task, flow.key);
            cx.observer.event_stored(now, &task.call(flow), payload);
        }
    }
}

/// What is streamed by an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response {
    sent: Bytes,
    /// From the end of INIT to the first byte.
    first_byte: Span,
}

impl Response {
    /// As listeners are told it, right after the attempt itself.
    pub fn told(&self, attempt: &Attempt) -> Streamed {
        let before = attempt
            .placement
            .saturating_add(attempt.init)
            .saturating_add(attempt.restore);
        let overhead = attempt.answered.since(attempt.runtime_end());
        let waited = before.saturating_add(self.first_byte).saturating_add(overhead);
        Streamed {
            time: attempt.start,
            flow: attempt.flow,
            function: attempt.function,
            version: attempt.version,
            qualifier: attempt.qualifier,
            arrived: attempt.arrived,
            first_byte: attempt.start.saturating_add(waited),
            sent: self.sent,
        }
    }
}

impl Execution {
    /// Sends the response of a handler that has returned. What is above its limit makes a function error of it; a streamed
    /// one takes its time beyond the first 6 MB, inside `Duration` and so inside the timeout (INV-5).
    pub fn respond(
        &mut self,
        transfer: &TransferConfig,
        task: &Task,
        version: &VersionConfig,
        readiness: Readiness,
        key: StreamKey,
    ) -> Option<Response> {
        if !self.verdict.is_ok() {
            return None;
        }
        let draw = key.draw(task.ordinal, task.attempt, Purpose::Response);
        let size = transfer.response.sample(draw.first);
        if size > transfer.response_limit {
            self.verdict = Verdict::Error;
        }
        let ResponseMode::Streamed { first_byte } = &transfer.mode else {
            return None;
        };
        let first_byte = first_byte.as_ref().map_or(self.duration, |first_byte| {
            let suppressed = self.suppressed_init(task, version, readiness, key);
            suppressed
                .saturating_add(first_byte.sample(draw.second))
                .min(self.duration)
        });
        let mut sent = size.min(transfer.response_limit);
        let left = version.timeout.saturating_sub(self.duration);
        let slow = slow_time(sent);
        if slow > left {
            self.verdict = Verdict::Timeout;
            sent = FULL_SPEED.plus(sent_in(left));
        }
        self.duration = self.duration.saturating_add(slow.min(left));
        Some(Response { sent, first_byte })
    }
}

/// How long what is beyond the first 6 MB takes.
fn slow_time(sent: Bytes) -> Span {
    let micros = sent.beyond(FULL_SPEED).0 as u128 * MICROS_PER_SECOND / PER_SECOND.0 as u128;
    Span::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// What is sent in `time` beyond the first 6 MB.
fn sent_in(time: Span) -> Bytes {
    let bytes = time.as_micros() as u128 * PER_SECOND.0 as u128 / MICROS_PER_SECOND;
    Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gvb_49_a_response_of_20_mb_takes_seven_seconds_more() {
        assert_eq!(slow_time(Bytes::from_mb(20)), Span::from_secs(7));
        assert_eq!(slow_time(Bytes::from_mb(6)), Span::ZERO);
        assert_eq!(sent_in(Span::from_millis(500)), Bytes::from_mb(1));
    }
}
