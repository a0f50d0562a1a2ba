//! An attempt that runs, phase by phase, and what it is billed.

use super::line::Line;
use super::names::Names;
use super::words::{exact, grouped};
use crate::facts::{Attempt, BudgetCall, BudgetOutcome, InvocationType, StartKind, Streamed, Verdict};
use crate::units::SimTime;

/// What happens from admission to the answer. An attempt that goes on beyond the end of the run has no end to tell.
pub(super) fn phases(names: Names, attempt: &Attempt) -> Vec<Line> {
    let mut lines = vec![begins(attempt)];
    let mut now = attempt.start;
    if !attempt.placement.is_zero() {
        let text = format!(
            "placement takes {}, waited for and not billed",
            exact(attempt.placement)
        );
        lines.push(Line::new(now, "placement", text, &["COLD-1"]).with("ms", attempt.placement.as_millis_f64()));
        now = now + attempt.placement;
    }
    if attempt.init_abandoned {
        let text = format!(
            "INIT is given up after {} and runs again inside the invocation",
            exact(attempt.init)
        );
        let rules = ["LIFE-3", "LIFE-5", "LIFE-6"];
        lines.push(Line::new(now, "init", text, &rules).with("ms", attempt.init.as_millis_f64()));
    } else if !attempt.init.is_zero() {
        let text = format!("INIT takes {}", exact(attempt.init));
        lines.push(Line::new(now, "init", text, &["LIFE-1", "COLD-2"]).with("ms", attempt.init.as_millis_f64()));
    }
    now = now + attempt.init;
    if !attempt.restore.is_zero() {
        let text = format!("the snapshot is restored in {}", exact(attempt.restore));
        lines.push(Line::new(now, "restore", text, &["SNAP-4", "SNAP-5"]).with("ms", attempt.restore.as_millis_f64()));
        now = now + attempt.restore;
    }
    lines.push(handler(now, attempt));
    if attempt.completes {
        lines.push(ends(attempt));
        lines.push(billed(attempt));
        lines.extend(answered(names, attempt));
    }
    lines
}

fn begins(attempt: &Attempt) -> Line {
    let (how, rules): (String, &[&str]) = match attempt.start_kind {
        StartKind::Cold => ("starts cold in a new environment".to_owned(), &["ADM-1", "LIFE-1"]),
        StartKind::SnapStart => (
            "starts from a snapshot in a new environment".to_owned(),
            &["ADM-1", "SNAP-4"],
        ),
        StartKind::Warm => ("starts warm".to_owned(), &["ADM-1", "LIFE-16"]),
        StartKind::Provisioned => ("starts on provisioned concurrency".to_owned(), &["ADM-1", "PC-6"]),
        StartKind::None => ("runs".to_owned(), &["ADM-1"]),
    };
    let text = format!("attempt {} {how}, environment {}", attempt.attempt, attempt.environment);
    Line::new(attempt.start, "runs", text, rules)
        .with("attempt", attempt.attempt)
        .with("environment", attempt.environment)
        .with("start", attempt.start_kind.name())
}

fn handler(now: SimTime, attempt: &Attempt) -> Line {
    if !attempt.completes {
        return Line::new(
            now,
            "handler",
            "the handler runs on beyond the end of the run",
            &["INVAR-2"],
        );
    }
    let text = match attempt.extension.is_zero() {
        true => format!("the handler runs: Duration {}", exact(attempt.duration)),
        false => format!(
            "the handler runs: Duration {}, the last {} of it extensions after the answer",
            exact(attempt.duration),
            exact(attempt.extension)
        ),
    };
    let rules: &[&str] = if attempt.extension.is_zero() {
        &["LIFE-7"]
    } else {
        &["LIFE-7", "LIFE-8"]
    };
    Line::new(now, "handler", text, rules).with("ms", attempt.duration.as_millis_f64())
}

fn ends(attempt: &Attempt) -> Line {
    let (how, rules): (&str, &[&str]) = match attempt.verdict {
        Verdict::Ok => ("the handler returns", &["INV-6"]),
        Verdict::Error => ("the handler fails: a function error", &["INV-6"]),
        Verdict::Timeout => (
            "the timeout ends it: a function error, and the environment is reset",
            &["INV-7", "LIFE-9"],
        ),
        Verdict::Crash => (
            "the runtime dies: a function error, and the environment is reset",
            &["INV-6", "LIFE-9"],
        ),
    };
    let text = format!("{how}; environment {} is free again", attempt.environment);
    Line::new(attempt.end, "ends", text, rules).with("outcome", attempt.verdict.name())
}

fn billed(attempt: &Attempt) -> Line {
    let of = match attempt.billed_init_ms {
        0 => "Duration, rounded up".to_owned(),
        init => format!("{} ms of it for INIT, rounded up together", grouped(init)),
    };
    let text = format!("billed {} ms: {of}", grouped(attempt.billed_ms));
    Line::detail(attempt.end, "billed", text, &["PRICE-2", "PRICE-4"])
        .with("billed_ms", attempt.billed_ms)
        .with("billed_init_ms", attempt.billed_init_ms)
}

/// Overhead, where somebody waits for the answer.
fn answered(names: Names, attempt: &Attempt) -> Option<Line> {
    let flow = &names.plan.flows[attempt.flow.index()];
    let waits = flow.invocation_type == InvocationType::RequestResponse && flow.mapping.is_none();
    let overhead = attempt.answered.since(attempt.runtime_end());
    (waits && !overhead.is_zero()).then(|| {
        let text = format!("the answer takes {} more on its way", exact(overhead));
        Line::new(attempt.runtime_end(), "overhead", text, &["COLD-1"]).with("ms", overhead.as_millis_f64())
    })
}

/// How an attempt met a downstream budget.
pub(super) fn budget(names: Names, call: &BudgetCall) -> Line {
    let name = &names.plan.account.budgets[call.budget.index()].name;
    let became = match call.outcome {
        BudgetOutcome::Free => "there is room".to_owned(),
        BudgetOutcome::Slowed => "it is full, so the handler takes longer".to_owned(),
        BudgetOutcome::Queued(wait) => format!("it is full, so the handler waits {} for its turn", exact(wait)),
        BudgetOutcome::Failed => "it is full, so the handler fails".to_owned(),
    };
    let text = format!(
        "asks {name} for {}: {became} ({} in use with it)",
        call.amount,
        grouped(call.in_use)
    );
    Line::detail(call.time, "budget", text, &[])
        .with("budget", name.as_str())
        .with("amount", call.amount)
        .with("in_use", call.in_use)
}

/// The first byte of a streamed response.
pub(super) fn streamed(streamed: &Streamed) -> Line {
    let text = format!(
        "the first of {} bytes of the response is there",
        grouped(streamed.sent.0)
    );
    Line::new(streamed.first_byte, "streamed", text, &["INV-5"]).with("bytes", streamed.sent.0)
}
