use std::process::ExitCode;

use super::failure::Failure;
use super::output::print;
use super::planner::{Planner, traffic_times};
use crate::experiment::{Trial, smallest};
use crate::report::{how_to_apply, within_80_columns};

/// Multiples of the traffic are tried in hundredths.
const WHOLE: u64 = 100;

/// The largest multiple of all traffic with which every expectation is kept, and what breaks beyond it.
pub(super) fn headroom(planner: &Planner, to: u64) -> Result<ExitCode, Failure> {
    planner.need_expectations()?;
    let with = |hundredths: u64| {
        let multiple = hundredths as f64 / WHOLE as f64;
        traffic_times(&planner.template, &planner.base.plan, multiple)
    };
    // What is looked for is the first multiple that is too much.
    let breaks = |hundredths: u64| {
        planner.attempt(&with(hundredths)).map(|said| match said {
            Trial::Enough => Trial::TooLittle,
            Trial::TooLittle | Trial::Refused => Trial::Enough,
        })
    };
    let holds_now = breaks(WHOLE)? == Trial::TooLittle;
    let (from, to) = if holds_now {
        (WHOLE + 1, to.saturating_mul(WHOLE))
    } else {
        (1, WHOLE)
    };
    let Some(first) = smallest(from, to, breaks)? else {
        print(&format!(
            "{} times the traffic still keeps all that is expected\n",
            to / WHOLE
        ))?;
        return Ok(ExitCode::SUCCESS);
    };
    let last = first - 1;
    let failing = within_80_columns(&planner.tell_failing(&with(first))?);
    let shown = |hundredths: u64| hundredths as f64 / WHOLE as f64;
    let text = match last {
        0 => format!(
            "Even {} times the traffic breaks what is expected\n{failing}",
            shown(first)
        ),
        _ => format!(
            "{} times the traffic keeps all that is expected; {} times it breaks\n{failing}{}",
            shown(last),
            shown(first),
            how_to_apply(&with(last))
        ),
    };
    print(&text)?;
    Ok(ExitCode::from(u8::from(!holds_now)))
}
