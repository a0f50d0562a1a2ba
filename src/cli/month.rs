use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use super::args::{MonthCommand, ScenarioArguments};
use super::failure::Failure;
use super::output::print;
use super::validate::load_all;
use crate::facts::FunctionId;
use crate::pricing::{AdjoiningUsage, Bill, DayType, adjoining_bill, bill, month_of, of_whole_month};
use crate::report::{MonthReport, month_json, month_text};
use crate::scenario::Scenario;
use crate::simulation::{RunResult, simulate};

const LONGEST_MONTH: u32 = 31;

/// `lambdasim month FILE=DAYS…`: one bill of a month of several kinds of days.
pub(super) fn month(command: &MonthCommand) -> Result<ExitCode, Failure> {
    let total: u32 = command.days.iter().map(|(_, days)| *days).sum();
    if total > LONGEST_MONTH {
        return Err(Failure::Usage(format!(
            "these are {total} days; a month has at most {LONGEST_MONTH}"
        )));
    }
    let scenarios = load_all(&ScenarioArguments {
        files: command.days.iter().map(|(file, _)| file.clone()).collect(),
        load: command.load.clone(),
    })?;
    same_account(&scenarios)?;
    let runs: Vec<RunResult> = scenarios
        .iter()
        .map(|scenario| simulate(&scenario.plan, &mut (), None, &mut ()).ok_or(Failure::Interrupted))
        .collect::<Result<_, _>>()?;
    let days: Vec<u32> = command.days.iter().map(|(_, days)| *days).collect();
    let (names, bill) = bill_of(&scenarios, &runs, &days);
    let kinds: Vec<(String, u32)> = scenarios
        .iter()
        .map(|scenario| scenario.plan.name.clone())
        .zip(days)
        .collect();
    let report = MonthReport {
        kinds: &kinds,
        names: &names,
        bill: &bill,
        billing: &scenarios[0].plan.billing,
        adjoining: &adjoining_of(&scenarios, &runs, &command.days),
    };
    print(&if command.json {
        format!("{:#}\n", month_json(&report))
    } else {
        month_text(&report)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Days of one month belong to one account: where it is, what is free, and how it is rounded must not differ.
fn same_account(scenarios: &[Scenario]) -> Result<(), Failure> {
    let Some((first, others)) = scenarios.split_first() else {
        return Ok(());
    };
    let differs = others.iter().find(|other| {
        let (a, b) = (&first.plan.billing, &other.plan.billing);
        (&a.region, a.free_tier, a.rounding, a.savings_plan, a.custom_discount)
            != (&b.region, b.free_tier, b.rounding, b.savings_plan, b.custom_discount)
            || a.adjoining.services != b.adjoining.services
    });
    match differs {
        None => Ok(()),
        Some(other) => Err(Failure::Usage(format!(
            "{} and {} differ in `region`, `free_tier`, `billing` or rounding; the days of a month have one bill",
            first.plan.name, other.plan.name
        ))),
    }
}

/// What services beside Lambda cost in the month.
fn adjoining_of(scenarios: &[Scenario], runs: &[RunResult], days: &[(PathBuf, u32)]) -> Bill {
    let usages = runs.iter().map(|run| &run.adjoining.usage);
    let parts: Vec<(&AdjoiningUsage, u32)> = usages.zip(days.iter().map(|(_, days)| *days)).collect();
    let plan = &scenarios[0].plan;
    let usage = AdjoiningUsage::of_days(plan.start, &parts);
    adjoining_bill(&usage, &of_whole_month(&plan.billing))
}

/// The functions of all scenarios by name, and the bill of the month.
fn bill_of(scenarios: &[Scenario], runs: &[RunResult], days: &[u32]) -> (Vec<String>, Bill) {
    let functions = scenarios.iter().flat_map(|scenario| &scenario.plan.functions);
    let mut ids: BTreeMap<&str, FunctionId> = functions
        .map(|function| (function.name.as_str(), FunctionId(0)))
        .collect();
    for (place, id) in (0..).zip(ids.values_mut()) {
        *id = FunctionId(place);
    }
    let of_plan = |scenario: &Scenario| -> Vec<FunctionId> {
        scenario
            .plan
            .functions
            .iter()
            .map(|function| ids[function.name.as_str()])
            .collect()
    };
    let maps: Vec<Vec<FunctionId>> = scenarios.iter().map(of_plan).collect();
    let parts = scenarios.iter().zip(runs).zip(days).zip(&maps);
    let types: Vec<DayType> = parts
        .map(|(((scenario, run), days), functions)| DayType {
            usage: &run.usage,
            simulated: scenario.plan.duration + scenario.plan.drain,
            days: *days,
            functions,
        })
        .collect();
    let plan = &scenarios[0].plan;
    let usage = month_of(&types, plan.start);
    let names = ids.keys().map(|name| (*name).to_owned()).collect();
    (names, bill(&usage, &of_whole_month(&plan.billing)))
}
