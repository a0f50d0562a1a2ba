//! Alarms, scaling and deployments in `summary.json`.

use serde_json::{Map, Value, json};

use super::ReportInput;
use super::csv::qualifier_name;
use super::numbers::rounded;
use crate::control::{AlarmSummary, DeploymentConfig, DeploymentStatus, DeploymentSummary, ScalingSummary};
use crate::facts::{Action, AlarmId, DeploymentId, DeploymentStep, FunctionId, QualifierId};
use crate::simulation::Plan;
use crate::units::{Share, SimTime};

/// `checkout:live`.
pub(super) fn address(plan: &Plan, function: FunctionId, qualifier: QualifierId) -> String {
    let name = &plan.functions[function.index()].name;
    match qualifier_name(plan, function, qualifier) {
        None => name.clone(),
        Some(qualifier) => format!("{name}:{qualifier}"),
    }
}

/// A weight in percent, as the key of when it was reached.
fn percent(share: Share) -> String {
    rounded(share.as_fraction() * 100.0).to_string()
}

fn at(time: SimTime) -> Value {
    json!(rounded(time.as_millis_f64()))
}

fn perhaps(time: Option<SimTime>) -> Value {
    time.map_or(Value::Null, at)
}

/// The key `alarms`: each by name, with all changes of its state.
pub(super) fn alarms(input: &ReportInput) -> Value {
    let control = &input.result.control;
    let alarm = |(place, summary): (usize, &AlarmSummary)| {
        let changes = control.journal.iter().filter_map(|(time, action)| match action {
            Action::Alarm { alarm, state } if *alarm == AlarmId(place as u32) => {
                Some(json!({ "time": at(*time), "state": state.name() }))
            }
            _ => None,
        });
        let value = json!({
            "state": summary.state.name(),
            "alarms": summary.alarms,
            "time_in_alarm": rounded(summary.in_alarm.as_millis_f64()),
            "first_alarm": perhaps(summary.first),
            "history": changes.collect::<Vec<_>>(),
        });
        (input.plan.control.alarms[place].name.clone(), value)
    };
    let all = control.alarms.iter().enumerate();
    all.map(alarm).collect::<Map<_, _>>().into()
}

/// The key `scaling`: each scalable target by its address, with all that was asked for.
pub(super) fn scaling(input: &ReportInput) -> Value {
    let control = &input.result.control;
    let target = |(place, summary): (usize, &ScalingSummary)| {
        let config = &input.plan.control.scaling[place];
        let asked = control.journal.iter().filter_map(|(time, action)| match action {
            Action::Scaling {
                function,
                qualifier,
                from,
                to,
                cause,
                accepted,
            } if (*function, *qualifier) == (config.function, config.qualifier) => Some(json!({
                "time": at(*time), "from": from, "to": to, "cause": cause.name(), "accepted": accepted,
            })),
            _ => None,
        });
        let value = json!({
            "scale_out": summary.scale_out,
            "scale_in": summary.scale_in,
            "scheduled": summary.scheduled,
            "refused": summary.refused,
            "first_scale_out": perhaps(summary.first_scale_out),
            "first_scale_in": perhaps(summary.first_scale_in),
            "capacity": { "min": summary.smallest, "max": summary.largest, "last": summary.last },
            "history": asked.collect::<Vec<_>>(),
        });
        (address(input.plan, config.function, config.qualifier), value)
    };
    let all = control.scaling.iter().enumerate();
    all.map(target).collect::<Map<_, _>>().into()
}

/// The key `deployments`: each by name, with when each weight was reached, in percent.
pub(super) fn deployments(input: &ReportInput) -> Value {
    let control = &input.result.control;
    let deployment = |(place, summary): (usize, &DeploymentSummary)| {
        let config = &input.plan.control.deployments[place];
        let value = json!({
            "status": summary.status.name(),
            "succeeded": summary.status == DeploymentStatus::Succeeded,
            "rolled_back": summary.status == DeploymentStatus::RolledBack,
            "started": perhaps(summary.started),
            "ended": perhaps(summary.ended),
            "cause": cause(input, summary),
            "reached": reached(&control.journal, DeploymentId(place as u32), config),
        });
        (config.name.clone(), value)
    };
    let all = control.deployments.iter().enumerate();
    all.map(deployment).collect::<Map<_, _>>().into()
}

fn cause(input: &ReportInput, summary: &DeploymentSummary) -> Value {
    match summary.failure {
        Some(DeploymentStep::Alarmed(alarm)) => json!(input.plan.control.alarms[alarm.index()].name),
        Some(_) => json!("hook"),
        None => Value::Null,
    }
}

fn reached(journal: &[(SimTime, Action)], deployment: DeploymentId, config: &DeploymentConfig) -> Value {
    let when = |share: Share| {
        let mut shifts = journal.iter().filter(|(_, action)| {
            let step = DeploymentStep::Shifted(share);
            *action == Action::Deployment { deployment, step }
        });
        shifts.next().map(|(time, _)| *time)
    };
    let steps = config.steps.iter();
    steps
        .map(|(_, share)| (percent(*share), perhaps(when(*share))))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::{exists, summary_json, value_at};

    #[test]
    fn what_acted_is_found_by_name_with_its_instants_and_null_where_it_did_not() {
        let summary = summary_json(&Sample::controlled().input());
        assert_eq!(summary["alarms"]["errors"]["first_alarm"], 120_000.0);
        assert_eq!(summary["alarms"]["errors"]["history"][0]["state"], "ALARM");
        let deployment = &summary["deployments"]["new"];
        assert_eq!(
            (&deployment["status"], &deployment["cause"]),
            (&json!("RolledBack"), &json!("errors"))
        );
        assert_eq!(value_at(&summary, "deployments.new.rolled_back"), Some(1.0));
        assert_eq!(value_at(&summary, "deployments.new.reached.10"), Some(60_000.0));
        let never = "deployments.new.reached.100";
        assert!(exists(&summary, never) && value_at(&summary, never).is_none());
        assert!(!exists(&summary, "deployments.new.status"), "words are not compared");
        let (address, target) = summary["scaling"]
            .as_object()
            .and_then(|all| all.iter().next())
            .unwrap();
        assert!(address.starts_with("checkout:"), "{address}");
        assert_eq!(
            (&target["refused"], &target["capacity"]["last"]),
            (&json!(1), &json!(20))
        );
        assert_eq!(target["history"][0]["accepted"], false);
    }
}
