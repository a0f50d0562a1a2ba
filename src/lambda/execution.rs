use super::config::VersionConfig;
use super::equipment::{Equipment, Snapshot};
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
    /// Whether that INIT was given up at its limit (LIFE-3), or crashed (LIFE-5).
    pub init_abandoned: bool,
    /// INIT that is billed with the invocation (PRICE-2, PRICE-5).
    pub billed_init: Span,
    /// Restoring a snapshot instead of INIT, waited for (SNAP-4).
    pub restore: Span,
    /// The part of it that is billed (SNAP-8).
    pub billed_restore: Span,
    /// Suppressed init, handler and what extensions do after it, bounded by the timeout.
    pub duration: Span,
    /// The part of the duration after the runtime has answered (LIFE-8).
    pub extension: Span,
    /// How it ends.
    pub verdict: Verdict,
    /// What the caller was told before extensions met the timeout.
    pub answer: Option<Verdict>,
}

/// INIT ahead of any request, of a provisioned environment or for a snapshot: boosted as any, with a limit of its own
/// (LIFE-4). Drawn under `key` for (`ordinal`, `attempt`).
pub(super) fn init_ahead(version: &VersionConfig, key: StreamKey, ordinal: u64, attempt: u32) -> Span {
    let limit = version.timeout.max(PROVISIONED_INIT_LIMIT).min(LONGEST_INIT);
    let init = version
        .init
        .sample(key.draw(ordinal, attempt, Purpose::ColdStart).first);
    let added = version.equipment.as_ref().map_or(Span::ZERO, |equipment| {
        equipment.added_init(key, ordinal, attempt, true)
    });
    scaled(init, version.init_factor).saturating_add(added).min(limit)
}

impl Equipment {
    /// What is added to an INIT: the package's size (PKG-1), extensions (EXT-1) and the mount of a file system (EFS-1),
    /// which outlives a reset.
    fn added_init(&self, key: StreamKey, ordinal: u64, attempt: u32, mounts: bool) -> Span {
        let mut added = self.package_init;
        if let Some(extensions) = &self.extensions {
            let draw = key.draw(ordinal, attempt, Purpose::Extensions);
            added = added.saturating_add(extensions.init.sample(draw.first));
        }
        match &self.mount {
            Some(mount) if mounts => {
                let draw = key.draw(ordinal, attempt, Purpose::Attachment);
                added.saturating_add(mount.time.sample(draw.first))
            }
            _ => added,
        }
    }
}

fn added_init(version: &VersionConfig, key: StreamKey, task: &Task, mounts: bool) -> Span {
    version.equipment.as_ref().map_or(Span::ZERO, |equipment| {
        equipment.added_init(key, task.ordinal, task.attempt, mounts)
    })
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

/// INIT that has to run inside an invocation (LIFE-6).
#[derive(Clone, Copy, Debug)]
struct Suppressed {
    time: Span,
    /// Whether it crashes at its end (LIFE-5).
    crashes: bool,
}

impl Suppressed {
    const NOTHING: Suppressed = Suppressed {
        time: Span::ZERO,
        crashes: false,
    };
}

impl VersionConfig {
    /// How a handler ends within its timeout, by a uniform in 0..2^53.
    #[inline]
    pub(super) fn fate(&self, uniform: u64) -> Verdict {
        if self.error_rate.covers(uniform) {
            Verdict::Error
        } else if self.crash_rate.covers((1 << 53) - 1 - uniform) {
            Verdict::Crash
        } else {
            Verdict::Ok
        }
    }
}

impl Execution {
    /// No time at all, and it goes well.
    pub const NOTHING: Execution = Execution {
        placement: Span::ZERO,
        init: Span::ZERO,
        init_abandoned: false,
        billed_init: Span::ZERO,
        restore: Span::ZERO,
        billed_restore: Span::ZERO,
        duration: Span::ZERO,
        extension: Span::ZERO,
        verdict: Verdict::Ok,
        answer: None,
    };

    /// The phases of `task`'s current attempt on `version`.
    #[inline(always)]
    pub fn of(task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Execution {
        let mut execution = Execution::NOTHING;
        let mut handler = handler(task, version, key);
        let equipment = version.equipment.as_deref();
        let snapshot = equipment.and_then(|equipment| equipment.snapshot.as_ref());
        match (readiness, snapshot) {
            (Readiness::Warm, _) => {}
            (Readiness::New, Some(snapshot)) => execution.restore(task, version, snapshot, key),
            (Readiness::Fresh, _) => handler = handler.max(version.first_invoke),
            (Readiness::New | Readiness::Reset, _) => {
                handler = handler.max(version.first_invoke);
                let suppressed = execution.initialise(task, version, readiness, key);
                handler = handler.saturating_add(suppressed.time);
                if suppressed.crashes {
                    execution.lose(suppressed.time, version.timeout);
                    return execution;
                }
            }
        }
        execution.finish(handler, task, version, key);
        execution
    }

    /// The same for a warm environment and a handler that takes so long.
    #[inline(always)]
    pub fn warm(handler: Span, task: &Task, version: &VersionConfig, key: StreamKey) -> Execution {
        let mut execution = Execution::NOTHING;
        execution.finish(handler, task, version, key);
        execution
    }

    /// SNAP-4, SNAP-5: a restore takes the place of INIT. Its billed part cannot be longer than the whole.
    #[cold]
    fn restore(&mut self, task: &Task, version: &VersionConfig, snapshot: &Snapshot, key: StreamKey) {
        self.placement = version
            .placement
            .sample(key.draw(task.ordinal, task.attempt, Purpose::ColdStart).second);
        let draw = key.draw(task.ordinal, task.attempt, Purpose::Restore);
        self.restore = snapshot.restore.sample(draw.first);
        self.billed_restore = snapshot.billed.sample(draw.second).min(self.restore);
    }

    /// INIT inside the invocation has crashed: there is no handler (LIFE-5).
    fn lose(&mut self, init: Span, timeout: Span) {
        self.duration = init.min(timeout);
        self.verdict = if init > timeout {
            Verdict::Timeout
        } else {
            Verdict::Crash
        };
    }

    /// Phases before a first invocation; returns the INIT that has to run inside it.
    #[cold]
    fn initialise(&mut self, task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Suppressed {
        let draw = key.draw(task.ordinal, task.attempt, Purpose::ColdStart);
        let init = version.init.sample(draw.first);
        let added = added_init(version, key, task, readiness == Readiness::New);
        let suppressed = scaled(init, version.suppressed_init_factor).saturating_add(added);
        let crashes = |again: bool| {
            !version.init_error_rate.is_none() && {
                let draw = key.draw(task.ordinal, task.attempt, Purpose::InitFate);
                version
                    .init_error_rate
                    .covers(if again { draw.second } else { draw.first })
            }
        };
        let suppressed = || Suppressed {
            time: suppressed,
            crashes: crashes(true),
        };
        if readiness == Readiness::Reset {
            return suppressed();
        }
        let boosted = scaled(init, version.init_factor).saturating_add(added);
        let ahead = !version.proactive_init.is_none()
            && version
                .proactive_init
                .covers(key.draw(task.ordinal, task.attempt, Purpose::EnvironmentPick).second);
        if !ahead {
            self.placement = version.placement.sample(draw.second);
        }
        if boosted > INIT_LIMIT || crashes(false) {
            // LIFE-3, LIFE-5: the attempt is lost and INIT runs again inside the invocation.
            let lost = boosted.min(INIT_LIMIT);
            self.init_abandoned = true;
            self.init = if ahead { Span::ZERO } else { lost };
            self.billed_init = if version.failed_init_billed { lost } else { Span::ZERO };
            return suppressed();
        }
        self.init = if ahead { Span::ZERO } else { boosted };
        self.billed_init = if version.init_billed { boosted } else { Span::ZERO };
        Suppressed::NOTHING
    }

    /// INIT that runs inside the invocation (LIFE-6).
    pub fn suppressed_init(&self, task: &Task, version: &VersionConfig, readiness: Readiness, key: StreamKey) -> Span {
        if readiness != Readiness::Reset && !self.init_abandoned {
            return Span::ZERO;
        }
        let draw = key.draw(task.ordinal, task.attempt, Purpose::ColdStart);
        let added = added_init(version, key, task, self.init_abandoned);
        scaled(version.init.sample(draw.first), version.suppressed_init_factor).saturating_add(added)
    }

    /// Bounds the invocation by the timeout (LIFE-7, INV-7) and decides how the handler ends.
    #[inline]
    fn finish(&mut self, handler: Span, task: &Task, version: &VersionConfig, key: StreamKey) {
        if handler > version.timeout {
            self.duration = version.timeout;
            self.verdict = Verdict::Timeout;
            return;
        }
        self.duration = handler;
        self.verdict = match task.recorded.error() {
            Some(true) => Verdict::Error,
            Some(false) => Verdict::Ok,
            None if version.error_rate.is_none() && version.crash_rate.is_none() => Verdict::Ok,
            None => version.fate(key.draw(task.ordinal, task.attempt, Purpose::Fate).first),
        };
    }

    /// What the caller is told.
    pub fn told(&self) -> Verdict {
        self.answer.unwrap_or(self.verdict)
    }

    /// LIFE-7, LIFE-8: extensions go on after the answer, within the timeout, unless the environment is lost.
    pub fn extend(&mut self, task: &Task, version: &VersionConfig, key: StreamKey) {
        let extensions = version
            .equipment
            .as_ref()
            .and_then(|equipment| equipment.extensions.as_ref());
        let lost = matches!(self.verdict, Verdict::Timeout | Verdict::Crash);
        let Some(extensions) = extensions.filter(|_| !lost) else {
            return;
        };
        let draw = key.draw(task.ordinal, task.attempt, Purpose::Extensions);
        let left = version.timeout.saturating_sub(self.duration);
        let wanted = extensions.post_runtime.sample(draw.second);
        if wanted > left {
            self.answer = Some(std::mem::replace(&mut self.verdict, Verdict::Timeout));
        }
        self.extension = wanted.min(left);
        self.duration = self.duration.saturating_add(self.extension);
    }

    /// `Duration` becomes `factor` times as long and `wait` longer, bounded by the timeout (LIFE-7).
    pub fn stretch(&mut self, wait: Span, factor: f64, timeout: Span) {
        let longer = scaled(self.duration, factor).saturating_add(wait);
        if longer > timeout {
            (self.duration, self.verdict) = (timeout, Verdict::Timeout);
        } else {
            self.duration = longer;
        }
    }

    /// How long the environment is busy, and with it the concurrency slot (ADM-1).
    pub fn busy(&self) -> Span {
        let ready = self.placement.saturating_add(self.init).saturating_add(self.restore);
        ready.saturating_add(self.duration)
    }
}

/// How long the handler runs, if nothing stops it.
#[inline]
pub(super) fn handler(task: &Task, version: &VersionConfig, key: StreamKey) -> Span {
    match task.recorded.duration() {
        Some(recorded) => recorded,
        None => scaled(drawn_duration(task, version, key), version.duration_factor),
    }
}

/// What a plain invocation takes: with `per_record`, a batch of one.
#[inline]
fn drawn_duration(task: &Task, version: &VersionConfig, key: StreamKey) -> Span {
    let base = version.duration.sample(task.work(key));
    let record =
        |per_record: &Distribution| per_record.sample(key.draw(task.ordinal, task.attempt, Purpose::Record).first);
    version
        .per_record
        .as_ref()
        .map_or(base, |per_record| base.saturating_add(record(per_record)))
}

/// `span` times a factor ≥ 0, to the nearest microsecond.
#[inline]
pub(super) fn scaled(span: Span, factor: f64) -> Span {
    if factor == 1.0 {
        span
    } else {
        Span::from_micros((span.as_micros() as f64 * factor + 0.5) as u64)
    }
}
