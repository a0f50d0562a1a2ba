use super::config::VersionConfig;
use super::task::Task;
use crate::facts::Verdict;
use crate::kernel::Distribution;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::Span;

/// Limit of on-demand INIT (LIFE-2).
const INIT_LIMIT: Span = Span::from_secs(10);
/// Limit of INIT ahead of any request (LIFE-4), unless the timeout is longer.
const PROVISIONED_INIT_LIMIT: Span = Span::from_secs(130);
const LONGEST_INIT: Span = Span::from_secs(900);

/// What it takes to run one attempt, phase by phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Execution {
    /// Waited for before INIT, not billed.
    pub placement: Span,
    /// INIT before the invocation, waited for.
    pub init: Span,
    /// Whether that INIT was given up at its limit (LIFE-3).
    pub init_abandoned: bool,
    /// INIT that is billed with the invocation (PRICE-2, PRICE-5).
    pub billed_init: Span,
    /// Suppressed init and handler, bounded by the timeout.
    pub duration: Span,
    /// How it ends.
    pub verdict: Verdict,
}

/// INIT of a provisioned environment at a 53-bit uniform: boosted as any, with a limit of its own (LIFE-4).
pub(super) fn provisioned_init(version: &VersionConfig, uniform: u64) -> Span {
    let limit = version.timeout.max(PROVISIONED_INIT_LIMIT).min(LONGEST_INIT);
    scaled(version.init.sample(uniform), version.init_factor).min(limit)
}

/// In what state the environment is that runs the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It does not exist yet.
    New,
    /// It was reset (LIFE-9): INIT runs inside the invocation.
    Reset,
    /// INIT ran ahead of any invocation: it serves its first one.
    Fresh,
    /// It has run before.
    Warm,
}

impl Execution {
    /// The phases of `task`'s current attempt on `version`.
    pub fn of(task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Execution {
        let mut execution = Execution {
            placement: Span::ZERO,
            init: Span::ZERO,
            init_abandoned: false,
            billed_init: Span::ZERO,
            duration: Span::ZERO,
            verdict: Verdict::Ok,
        };
        let mut handler = match task.recorded.duration {
            Some(recorded) => recorded,
            None => scaled(drawn_duration(task, version, key), version.duration_factor),
        };
        if readiness != Readiness::Warm {
            handler = handler.max(version.first_invoke);
            if readiness != Readiness::Fresh {
                handler = handler.saturating_add(execution.initialise(task, version, readiness, key));
            }
        }
        execution.finish(handler, task, version, key);
        execution
    }

    /// Phases before a first invocation; returns the INIT that has to run inside it.
    fn initialise(&mut self, task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Span {
        let draw = key.draw(task.ordinal, task.attempt, Purpose::ColdStart);
        let init = version.init.sample(draw.first);
        let suppressed = scaled(init, version.suppressed_init_factor);
        if readiness == Readiness::Reset {
            return suppressed;
        }
        let boosted = scaled(init, version.init_factor);
        let ahead = !version.proactive_init.is_none()
            && version
                .proactive_init
                .covers(key.draw(task.ordinal, task.attempt, Purpose::EnvironmentPick).second);
        if !ahead {
            self.placement = version.placement.sample(draw.second);
        }
        if boosted > INIT_LIMIT {
            // LIFE-3: the attempt is lost and INIT runs again inside the invocation.
            self.init_abandoned = true;
            self.init = if ahead { Span::ZERO } else { INIT_LIMIT };
            self.billed_init = if version.failed_init_billed {
                INIT_LIMIT
            } else {
                Span::ZERO
            };
            return suppressed;
        }
        self.init = if ahead { Span::ZERO } else { boosted };
        self.billed_init = if version.init_billed { boosted } else { Span::ZERO };
        Span::ZERO
    }

    /// INIT that runs inside the invocation (LIFE-6).
    pub fn suppressed_init(&self, task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Span {
        if readiness != Readiness::Reset && !self.init_abandoned {
            return Span::ZERO;
        }
        let draw = key.draw(task.ordinal, task.attempt, Purpose::ColdStart);
        scaled(version.init.sample(draw.first), version.suppressed_init_factor)
    }

    /// Bounds the invocation by the timeout (LIFE-7, INV-7) and decides how the handler ends.
    fn finish(&mut self, handler: Span, task: &Task, version: &VersionConfig, key: StreamKey) {
        if handler > version.timeout {
            self.duration = version.timeout;
            self.verdict = Verdict::Timeout;
            return;
        }
        self.duration = handler;
        self.verdict = match task.recorded.error {
            Some(true) => Verdict::Error,
            Some(false) => Verdict::Ok,
            None if version.error_rate.is_none() && version.crash_rate.is_none() => Verdict::Ok,
            None => {
                let uniform = key.draw(task.ordinal, task.attempt, Purpose::Fate).first;
                if version.error_rate.covers(uniform) {
                    Verdict::Error
                } else if version.crash_rate.covers((1 << 53) - 1 - uniform) {
                    Verdict::Crash
                } else {
                    Verdict::Ok
                }
            }
        };
    }

    /// How long the environment is busy, and with it the concurrency slot (ADM-1).
    pub fn busy(&self) -> Span {
        self.placement.saturating_add(self.init).saturating_add(self.duration)
    }
}

/// What a plain invocation takes: with `per_record`, a batch of one.
fn drawn_duration(task: &Task, version: &VersionConfig, key: StreamKey) -> Span {
    let base = version.duration.sample(task.uniform);
    let record =
        |per_record: &Distribution| per_record.sample(key.draw(task.ordinal, task.attempt, Purpose::Record).first);
    version
        .per_record
        .as_ref()
        .map_or(base, |per_record| base.saturating_add(record(per_record)))
}

/// `span` times a factor ≥ 0, to the nearest microsecond.
fn scaled(span: Span, factor: f64) -> Span {
    if factor == 1.0 {
        span
    } else {
        Span::from_micros((span.as_micros() as f64 * factor + 0.5) as u64)
    }
}
