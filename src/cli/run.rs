use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::args::RunCommand;
use super::failure::Failure;
use super::output::print;
use super::progress::{Bars, catch_interrupts, interrupted};
use super::validate::load_all;
use crate::experiment::in_order;
use crate::facts::Observer;
use crate::report::{
    ExpectationResult, LogLines, Measure, Records, ReportInput, ReportOptions, RunFolder, summary_json,
    terminal_summary,
};
use crate::scenario::Scenario;
use crate::simulation::{Plan, emptied, simulate};
use crate::workload::Process;

/// Version of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
const DEFAULT_PARENT: &str = "notebooks-out";

/// One scenario and the folder it writes.
struct Job {
    scenario: Scenario,
    folder: RunFolder,
}

/// What a finished run prints.
struct Done {
    table: String,
    /// Only for `--json`.
    summary: Option<Value>,
    met: bool,
}

/// `lambdasim run SCENARIO…`: simulate, print a summary, write the run folder.
pub(super) fn run(command: &RunCommand) -> Result<ExitCode, Failure> {
    if command.replications != 1 {
        return Err(Failure::Usage(format!(
            "--replications {} is not supported yet; leave it out",
            command.replications
        )));
    }
    catch_interrupts();
    let scenarios = load_all(&command.scenarios)?;
    if command.emit_logs.is_some() && scenarios.len() > 1 {
        return Err(Failure::Usage(
            "--emit-logs writes the lines of one scenario; run the others by themselves".to_owned(),
        ));
    }
    let targets = targets(&scenarios, command.out.as_deref())?;
    let jobs = scenarios.into_iter().zip(&targets);
    let jobs = jobs.map(|(scenario, target)| {
        Ok(Job {
            scenario,
            folder: RunFolder::create(target)?,
        })
    });
    let jobs: Vec<Job> = jobs.collect::<Result<_, Failure>>()?;
    let bars = Bars::new(command.progress);
    let results = in_order(jobs, command.threads, |job| carry_out(job, command, &bars));
    let done = results.into_iter().collect::<Result<Vec<Done>, Failure>>()?;
    show(&done, command)?;
    Ok(if done.iter().all(|done| done.met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Where each scenario's folder goes.
fn targets(scenarios: &[Scenario], out: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.plan.name.as_str()).collect();
    if let Some(twice) = names
        .iter()
        .enumerate()
        .find_map(|(index, name)| names[..index].contains(name).then_some(name))
    {
        return Err(Failure::Usage(format!(
            "two of the scenarios are named \"{twice}\" and would write the same folder; give one another `name`"
        )));
    }
    let parent = out.unwrap_or(Path::new(DEFAULT_PARENT));
    Ok(match (out, names.as_slice()) {
        (Some(out), [_]) => vec![out.to_owned()],
        _ => names.iter().map(|name| parent.join(name)).collect(),
    })
}

fn carry_out(job: Job, command: &RunCommand, bars: &Bars) -> Result<Done, Failure> {
    let Job { scenario, folder } = job;
    let mut search = bars.bar(&scenario.plan.name, scenario.plan.horizon());
    let plan = &emptied(&scenario.plan, &mut search).ok_or(Failure::Interrupted)?;
    drop(search);
    let mut sink = folder.sink(plan)?;
    let mut extra = extra_listeners(command, &folder, plan)?;
    let mut bar = bars.bar(&plan.name, plan.horizon());
    let listens = extra.0.is_some() || extra.1.is_some();
    let listener = listens.then_some(&mut extra as &mut dyn Observer);
    let result = simulate(plan, &mut sink, listener, &mut bar).ok_or(Failure::Interrupted)?;
    drop(bar);
    sink.close()?;
    let (records, log_lines) = extra;
    records.map_or(Ok(()), Records::close)?;
    if let Some(failure) = trace_failure(plan) {
        return Err(Failure::Trace(failure));
    }
    let mut input = ReportInput {
        plan,
        result: &result,
        version: VERSION,
        question: scenario.question.as_deref(),
        source_text: &scenario.text,
        changed_parameters: &scenario.changed_parameters,
        warnings: &scenario.warnings,
        expectations: &[],
    };
    let verdicts = if scenario.expectations.is_empty() {
        Vec::new()
    } else {
        judge(&scenario, &summary_json(&input))
    };
    input.expectations = &verdicts;
    if interrupted() {
        return Err(Failure::Interrupted);
    }
    log_lines.map_or(Ok(()), LogLines::close)?;
    let target = folder.target().to_owned();
    folder.finish(
        &input,
        ReportOptions {
            plots: !command.no_plots,
        },
    )?;
    Ok(Done {
        table: terminal_summary(&input, Some(&target)),
        summary: command.json.then(|| summary_json(&input)),
        met: verdicts.iter().all(|verdict| verdict.ok),
    })
}

/// Who else listens: `records.parquet` and log lines, where they are asked for.
fn extra_listeners<'a>(
    command: &RunCommand,
    folder: &RunFolder,
    plan: &'a Plan,
) -> Result<(Option<Records>, Option<LogLines<'a>>), Failure> {
    let records = command.records.then(|| folder.records(plan, VERSION)).transpose()?;
    let log_lines = command.emit_logs.as_deref().map(|file| LogLines::create(plan, file));
    Ok((records, log_lines.transpose()?))
}

/// Why a trace gave fewer rows than when the scenario was loaded.
pub(super) fn trace_failure(plan: &Plan) -> Option<String> {
    plan.sources.iter().find_map(|source| match &source.process {
        Process::Trace(file) => file.failure(),
        _ => None,
    })
}

/// The verdict on each expectation.
fn judge(scenario: &Scenario, summary: &Value) -> Vec<ExpectationResult> {
    let paths = scenario
        .expectations
        .iter()
        .map(|expectation| expectation.path.as_str());
    let values = Measure::new(&scenario.plan, paths).of_summary(summary);
    let expectations = scenario.expectations.iter().zip(values);
    expectations
        .map(|(expectation, value)| ExpectationResult {
            text: expectation.text.clone(),
            value,
            ok: value.is_some_and(|value| expectation.operator.holds(value, expectation.value)),
        })
        .collect()
}

fn show(done: &[Done], command: &RunCommand) -> Result<(), Failure> {
    if command.json {
        let summaries: Vec<&Value> = done.iter().filter_map(|done| done.summary.as_ref()).collect();
        let text = match summaries.as_slice() {
            [only] => format!("{only:#}\n"),
            several => format!(
                "{:#}\n",
                Value::from_iter(several.iter().map(|summary| (*summary).clone()))
            ),
        };
        return print(&text);
    }
    if command.quiet {
        return Ok(());
    }
    let tables: Vec<&str> = done.iter().map(|done| done.table.as_str()).collect();
    print(&tables.join("\n"))
}
