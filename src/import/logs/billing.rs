use super::instant::instant;
use super::report::{Report, Status};
use crate::lambda::billed_ms;
use crate::lambda::switches::SWITCHES;
use crate::units::Span;

/// Lines show hundredths of a millisecond, so a sum may lie on the other side of a whole one (LOG-10).
const TOLERANCE_MS: u64 = 1;
const MILLISECOND: Span = Span::from_millis(1);
const HUNDRED: Span = Span::from_millis(100);
/// A timeout is found and billed up to so much before the function has really ended.
const TIMEOUT_SLACK_MS: u64 = 1_000;

/// The rule by which a line was billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BillingRule {
    /// `Duration` to the next millisecond, no INIT.
    Warm,
    /// `Duration` and `Init Duration` together, to the next millisecond (SW-INITBILL, images, custom runtimes).
    InitBilled,
    /// `Duration` alone, although INIT ran (before SW-INITBILL).
    InitFree,
    /// `Duration`, and the billed part of a restore (SNAP-8).
    Restored,
    /// To the next 100 ms (before SW-1MS).
    Hundreds,
    /// A timeout: no more than the timeout is billed.
    TimedOut,
    /// INIT failed before: what of it is billed is not documented (PRICE-5).
    InitFailed,
}

impl BillingRule {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            BillingRule::Warm => "duration to the next 1 ms",
            BillingRule::InitBilled => "duration and INIT to the next 1 ms",
            BillingRule::InitFree => "duration to the next 1 ms, INIT free",
            BillingRule::Restored => "duration to the next 1 ms, and the billed restore",
            BillingRule::Hundreds => "duration to the next 100 ms",
            BillingRule::TimedOut => "a timeout, billed up to the timeout",
            BillingRule::InitFailed => "after a failed INIT",
        }
    }
}

/// Checks billed durations.
#[derive(Clone, Copy, Debug)]
pub(super) struct BillingCheck {
    /// From when on the next millisecond counts, microseconds since 1970.
    one_ms: i64,
    /// From when on INIT is billed everywhere.
    init_billed: i64,
}

impl BillingCheck {
    pub fn new() -> BillingCheck {
        let from = |id: &str| {
            let switch = SWITCHES.iter().find(|switch| switch.id == id);
            let midnight = switch.and_then(|switch| instant(format!("{}T00:00:00Z", switch.from).as_bytes()));
            midnight.unwrap_or(i64::MIN)
        };
        BillingCheck {
            one_ms: from("SW-1MS"),
            init_billed: from("SW-INITBILL"),
        }
    }

    /// LOG-10: the rule by which a line of that instant was billed, or what it should have been.
    ///
    /// # Errors
    /// The billed milliseconds that rules allow.
    pub fn rule(&self, report: &Report, time: Option<i64>, init_failed: bool) -> Result<BillingRule, Vec<u64>> {
        let is_near = |expected: &u64| report.billed_ms.abs_diff(*expected) <= TOLERANCE_MS;
        let is_warm = report.init.is_none() && report.restore.is_none();
        if is_warm && time.is_none_or(|time| time >= self.one_ms) && is_near(&billed_ms(report.duration, MILLISECOND)) {
            return Ok(BillingRule::Warm);
        }
        let allowed = self.allowed(report, time);
        if let Some((_, rule)) = allowed.iter().find(|(expected, _)| is_near(expected)) {
            return Ok(*rule);
        }
        let whole = billed_ms(report.duration, MILLISECOND);
        if init_failed && report.billed_ms >= whole {
            return Ok(BillingRule::InitFailed);
        }
        let seconds = report.billed_ms.is_multiple_of(1_000) && report.billed_ms > 0;
        let cut = whole
            .checked_sub(report.billed_ms)
            .is_some_and(|cut| cut <= TIMEOUT_SLACK_MS);
        if seconds && cut && report.status != Status::Error {
            return Ok(BillingRule::TimedOut);
        }
        let mut expected: Vec<u64> = allowed.into_iter().map(|(expected, _)| expected).collect();
        expected.dedup();
        Err(expected)
    }

    fn allowed(&self, report: &Report, time: Option<i64>) -> Vec<(u64, BillingRule)> {
        let duration = report.duration;
        let whole = billed_ms(duration, MILLISECOND);
        if report.restore.is_some() {
            return vec![(whole + report.billed_restore_ms, BillingRule::Restored)];
        }
        let both = report.init.map(|init| duration.saturating_add(init));
        let with_init = both.map(|both| (billed_ms(both, MILLISECOND), BillingRule::InitBilled));
        let alone = match both {
            Some(_) => (whole, BillingRule::InitFree),
            None => (whole, BillingRule::Warm),
        };
        let hundreds = [Some(duration), both].into_iter().flatten();
        let hundreds = hundreds.map(|time| (billed_ms(time, HUNDRED), BillingRule::Hundreds));
        match time {
            Some(time) if time < self.one_ms => hundreds.collect(),
            Some(time) if time >= self.init_billed => vec![with_init.unwrap_or(alone)],
            Some(_) => with_init.into_iter().chain([alone]).collect(),
            None => with_init.into_iter().chain([alone]).chain(hundreds).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(duration: u64, billed_ms: u64, init: Option<u64>) -> Report {
        Report {
            duration: Span::from_micros(duration),
            billed_ms,
            init: init.map(Span::from_micros),
            ..Report::default()
        }
    }

    fn rule(report: Report, date: &str) -> Result<BillingRule, Vec<u64>> {
        BillingCheck::new().rule(&report, instant(date.as_bytes()), false)
    }

    const NOW: &str = "2026-11-20T00:00:00Z";

    #[test]
    fn log_10_one_ceiling_over_duration_and_init_since_august_2025() {
        // 250.06 + 100.77 = 350.83.
        let cold = line(250_060, 351, Some(100_770));
        assert_eq!(rule(cold, NOW), Ok(BillingRule::InitBilled));
        assert_eq!(rule(line(250_060, 251, Some(100_770)), NOW), Err(vec![351]));
        assert_eq!(
            rule(line(250_060, 251, Some(100_770)), "2025-07-31T23:59:59Z"),
            Ok(BillingRule::InitFree)
        );
        // Images and custom runtimes were billed for INIT before.
        assert_eq!(rule(cold, "2025-07-31T23:59:59Z"), Ok(BillingRule::InitBilled));
        assert_eq!(rule(line(26_730, 27, None), NOW), Ok(BillingRule::Warm));
        assert_eq!(
            rule(line(155_000, 156, None), NOW),
            Ok(BillingRule::Warm),
            "155.004 shows as 155.00"
        );
        assert_eq!(rule(line(26_730, 30, None), NOW), Err(vec![27]));
    }

    #[test]
    fn log_10_hundreds_before_december_2020_and_where_the_date_is_unknown() {
        let old = line(619_310, 700, None);
        assert_eq!(rule(old, "2020-11-30T23:59:59Z"), Ok(BillingRule::Hundreds));
        assert_eq!(rule(old, "2020-12-01T00:00:00Z"), Err(vec![620]));
        assert_eq!(rule(old, "no date"), Ok(BillingRule::Hundreds));
        assert_eq!(rule(line(619_310, 620, None), "2020-11-30T23:59:59Z"), Err(vec![700]));
    }

    #[test]
    fn log_10_restores_timeouts_and_failed_inits_have_their_own_rules() {
        let restored = Report {
            restore: Some(Span::from_micros(325_930)),
            billed_restore_ms: 26,
            ..line(127_100, 154, None)
        };
        assert_eq!(rule(restored, NOW), Ok(BillingRule::Restored));
        let timed_out = Report {
            status: Status::Timeout,
            ..line(3_003_170, 3_000, None)
        };
        assert_eq!(rule(timed_out, NOW), Ok(BillingRule::TimedOut));
        let after_failure = line(13_000_000, 23_000, None);
        let check = BillingCheck::new();
        let now = instant(NOW.as_bytes());
        assert_eq!(check.rule(&after_failure, now, true), Ok(BillingRule::InitFailed));
        assert_eq!(check.rule(&after_failure, now, false), Err(vec![13_000]));
    }
}
