//! What acted during a run, in words.

use super::ReportInput;
use super::control::address;
use super::numbers::percent;
use crate::facts::{Action, DeploymentStep};
use crate::units::{SimTime, Span};

/// One thing that happened.
pub(super) struct Happening {
    /// When, from t = 0.
    pub at: Span,
    /// To what.
    pub subject: String,
    /// What.
    pub what: String,
}

/// Everything that was written down, in order.
pub(super) fn happenings(input: &ReportInput) -> Vec<Happening> {
    let journal = input.result.control.journal.iter();
    journal.map(|(time, action)| happening(input, *time, action)).collect()
}

fn happening(input: &ReportInput, time: SimTime, action: &Action) -> Happening {
    let control = &input.plan.control;
    let (subject, what) = match action {
        Action::Alarm { alarm, state } => {
            let name = &control.alarms[alarm.index()].name;
            (format!("alarm {name}"), state.name().to_owned())
        }
        Action::Scaling {
            function,
            qualifier,
            from,
            to,
            cause,
            accepted,
        } => {
            let refused = if *accepted { "" } else { ", refused (PC-9)" };
            let what = format!("{}: provisioned concurrency {from} → {to}{refused}", cause.name());
            (address(input.plan, *function, *qualifier), what)
        }
        Action::Deployment { deployment, step } => {
            let config = &control.deployments[deployment.index()];
            (format!("deployment {}", config.name), deployed(input, *step))
        }
    };
    Happening {
        at: time - SimTime::ZERO,
        subject,
        what,
    }
}

fn deployed(input: &ReportInput, step: DeploymentStep) -> String {
    match step {
        DeploymentStep::Started => "begins".to_owned(),
        DeploymentStep::Shifted(share) => format!("{} to the new version", percent(share.as_fraction())),
        DeploymentStep::Checking => "its hook after traffic begins".to_owned(),
        DeploymentStep::HookFailed => "its hook fails (DEP-5)".to_owned(),
        DeploymentStep::Alarmed(alarm) => {
            let name = &input.plan.control.alarms[alarm.index()].name;
            format!("its alarm {name} is on (DEP-6)")
        }
        DeploymentStep::RolledBack => "rolled back: all to the old version".to_owned(),
        DeploymentStep::Succeeded => "done".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::terminal_summary;

    #[test]
    fn everything_that_acted_is_told_in_order_on_the_terminal_too() {
        let sample = Sample::controlled();
        let told: Vec<String> = happenings(&sample.input())
            .iter()
            .map(|happening| format!("{} {}", happening.subject, happening.what))
            .collect();
        assert_eq!(told[0], "deployment new 10 % to the new version");
        assert!(
            told[1].ends_with("schedule: provisioned concurrency 20 → 30, refused (PC-9)"),
            "{}",
            told[1]
        );
        assert_eq!(told[2], "alarm errors ALARM");
        assert_eq!(told[3], "deployment new rolled back: all to the old version");
        let terminal = terminal_summary(&sample.input(), None);
        assert!(terminal.contains("alarm errors: ALARM"), "{terminal}");
    }
}
