use std::fmt::Write as _;
use std::process::ExitCode;

use super::failure::Failure;
use super::output::print;
use super::planner::Planner;
use super::progress::UntilInterrupted;
use super::sweep::check_paths;
use crate::experiment::in_order;
use crate::facts::{FunctionId, QualifierId};
use crate::metrics::{Datapoint, Sink};
use crate::report::{fragment, indented, scheduled_lines};
use crate::simulation::{Plan, simulate};

const HOURS: usize = 24;
const HOUR_MICROS: i64 = 3_600_000_000;

/// The provisioned concurrency of an alias, hour by hour: the fewest environments with which at most `spillover` percent of
/// each hour's calls find none of them free.
pub(super) fn provisioned(planner: &Planner, alias: &str, spillover: f64) -> Result<ExitCode, Failure> {
    let wrong = || {
        Failure::Usage(format!(
            "--alias {alias} is no alias of the scenario; write it as FUNCTION:ALIAS"
        ))
    };
    let (function, qualifier) = alias.split_once(':').ok_or_else(wrong)?;
    if !(0.0..100.0).contains(&spillover) {
        return Err(Failure::Usage(
            "--spillover is a percentage from 0 to below 100".to_owned(),
        ));
    }
    let path = format!("functions.{function}.aliases.{qualifier}.provisioned_concurrent_executions");
    check_paths(&planner.template, &planner.base, [path.as_str()].into_iter())?;
    let ids = ids(&planner.base.plan, function, qualifier).ok_or_else(wrong)?;
    let schedule = Schedule {
        planner,
        function,
        qualifier,
        ids,
    };
    let amounts = schedule.search(spillover / 100.0)?;
    let metrics = ["cost.monthly_estimate".to_owned()];
    let settings = schedule.settings(&amounts);
    let Some(judged) = planner.judge(&settings, &metrics)? else {
        return Err(Failure::Usage(
            "the scenario refuses so much provisioned concurrency; raise its limits".to_owned(),
        ));
    };
    let mut text = String::from("hour (UTC)  environments\n");
    for (hour, amount) in amounts
        .iter()
        .enumerate()
        .filter_map(|(hour, amount)| Some((hour, (*amount)?)))
    {
        let _ = writeln!(text, "     {hour:02}:00  {amount:12}");
    }
    let _ = writeln!(text, "\ncost.monthly_estimate: {:.2} USD", judged.metrics[0].mean());
    let keeps = planner.keeps(&judged);
    if !keeps {
        let _ = write!(
            text,
            "With it these expectations are not kept\n{}",
            planner.tell_failing(&settings)?
        );
    }
    let _ = write!(text, "\nIn the scenario\n\n{}", indented(&fragment(&settings)));
    let actions = schedule.actions(&amounts);
    let _ = write!(
        text,
        "\nOn AWS\n\n{}",
        indented(&scheduled_lines(function, qualifier, &actions))
    );
    print(&text)?;
    Ok(ExitCode::from(u8::from(!keeps)))
}

fn ids(plan: &Plan, function: &str, qualifier: &str) -> Option<(FunctionId, QualifierId)> {
    let index = plan.functions.iter().position(|config| config.name == function)?;
    let qualifiers = &plan.functions[index].qualifiers;
    let own = qualifiers
        .iter()
        .position(|config| config.name.as_deref() == Some(qualifier))?;
    Some((
        FunctionId(u32::try_from(index).ok()?),
        QualifierId(u16::try_from(own).ok()?),
    ))
}

struct Schedule<'a> {
    planner: &'a Planner,
    function: &'a str,
    qualifier: &'a str,
    ids: (FunctionId, QualifierId),
}

/// An amount for each hour of the day that the scenario has.
type Amounts = [Option<u64>; HOURS];

impl Schedule<'_> {
    /// Halves the range of every hour at once: an hour's calls depend on its own amount.
    fn search(&self, share: f64) -> Result<Amounts, Failure> {
        let peaks = self.hours(&[])?;
        let mut low: Amounts = [None; HOURS];
        let mut high: Amounts = [None; HOURS];
        for hour in self.covered() {
            (low[hour], high[hour]) = (Some(1), Some((peaks.peak[hour] as u64).max(1)));
        }
        while low != high {
            let mut middle: Amounts = [None; HOURS];
            for (middle, (low, high)) in middle.iter_mut().zip(low.iter().zip(&high)) {
                *middle = low.zip(*high).map(|(low, high)| low + (high - low) / 2);
            }
            let said = self.hours(&self.settings(&middle))?;
            for hour in self.covered() {
                let calls = said.served[hour] + said.spilled[hour];
                if low[hour] == high[hour] {
                    continue;
                }
                if said.spilled[hour] <= share * calls {
                    high[hour] = middle[hour];
                } else {
                    low[hour] = middle[hour].map(|middle| middle + 1);
                }
            }
        }
        Ok(high)
    }

    /// Hours of the day in which the scenario runs, in their order from its start.
    fn covered(&self) -> impl Iterator<Item = usize> + use<> {
        let plan = &self.planner.base.plan;
        let first = plan.start.0.div_euclid(HOUR_MICROS);
        let last = (plan.start.0 + plan.duration.as_micros() as i64 - 1).div_euclid(HOUR_MICROS);
        (first..=last.min(first + HOURS as i64 - 1)).map(|hour| hour.rem_euclid(HOURS as i64) as usize)
    }

    /// What changes when: hour, minute and amount.
    fn actions(&self, amounts: &Amounts) -> Vec<(usize, u32, u64)> {
        let hours: Vec<usize> = self.covered().collect();
        let mut actions = Vec::new();
        for (place, hour) in hours.iter().enumerate() {
            let before = hours[(place + hours.len() - 1) % hours.len()];
            let (Some(amount), Some(earlier)) = (amounts[*hour], amounts[before]) else {
                continue;
            };
            match amount.cmp(&earlier) {
                // More of it takes minutes to come.
                std::cmp::Ordering::Greater => actions.push(((hour + HOURS - 1) % HOURS, 55, amount)),
                std::cmp::Ordering::Less => actions.push((*hour, 0, amount)),
                std::cmp::Ordering::Equal => {}
            }
        }
        actions
    }

    fn settings(&self, amounts: &Amounts) -> Vec<(String, String)> {
        let first = self.covered().next().and_then(|hour| amounts[hour]).unwrap_or(0);
        let action = |(hour, minute, amount): (usize, u32, u64)| {
            format!("{{ schedule: \"cron({minute} {hour} * * ? *)\", min_capacity: {amount}, max_capacity: {amount} }}")
        };
        let actions: Vec<String> = self.actions(amounts).into_iter().map(action).collect();
        let policies = format!(
            "{{ min_capacity: {first}, max_capacity: {first}, scheduled_actions: [ {} ] }}",
            actions.join(", ")
        );
        let path = |key: &str| format!("functions.{}.aliases.{}.{key}", self.function, self.qualifier);
        let amount = (path("provisioned_concurrent_executions"), first.to_string());
        vec![amount, (path("scaling_policies"), policies)]
    }

    /// What happens in each hour with some values, over all replications.
    fn hours(&self, settings: &[(String, String)]) -> Result<Hours, Failure> {
        let scenario = self.planner.template.resolve(settings, "the plan");
        let scenario = scenario.map_err(|problems| Failure::Scenarios(vec![problems]))?;
        let runs = in_order(
            (0..self.planner.replications).collect(),
            self.planner.threads,
            |replication| {
                let plan = scenario.plan.replicated(replication);
                let mut hours = Hours::new(plan.start.0, self.ids);
                simulate(&plan, &mut hours, None, &mut UntilInterrupted).map(|_| hours)
            },
        );
        let mut sum = Hours::new(0, self.ids);
        for hours in runs {
            let hours = hours.ok_or(Failure::Interrupted)?;
            for hour in 0..HOURS {
                sum.served[hour] += hours.served[hour];
                sum.spilled[hour] += hours.spilled[hour];
                sum.peak[hour] = sum.peak[hour].max(hours.peak[hour]);
            }
        }
        Ok(sum)
    }
}

/// Datapoints by hour of the day.
struct Hours {
    start_micros: i64,
    ids: (FunctionId, QualifierId),
    served: [f64; HOURS],
    spilled: [f64; HOURS],
    peak: [f64; HOURS],
}

impl Hours {
    fn new(start_micros: i64, ids: (FunctionId, QualifierId)) -> Hours {
        Hours {
            start_micros,
            ids,
            served: [0.0; HOURS],
            spilled: [0.0; HOURS],
            peak: [0.0; HOURS],
        }
    }
}

impl Sink for Hours {
    fn datapoint(&mut self, datapoint: &Datapoint) {
        if datapoint.function != Some(self.ids.0) {
            return;
        }
        let at = self.start_micros + datapoint.time.as_micros() as i64;
        let hour = at.div_euclid(HOUR_MICROS).rem_euclid(HOURS as i64) as usize;
        let own = datapoint.qualifier == Some(self.ids.1);
        match (datapoint.metric, datapoint.statistic) {
            ("ProvisionedConcurrencyInvocations", "Sum") if own => self.served[hour] += datapoint.value,
            ("ProvisionedConcurrencySpilloverInvocations", "Sum") if own => self.spilled[hour] += datapoint.value,
            ("ConcurrentExecutions", "Maximum") => self.peak[hour] = self.peak[hour].max(datapoint.value),
            _ => {}
        }
    }
}
