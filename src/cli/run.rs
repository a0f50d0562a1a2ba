use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::args::RunCommand;
use super::failure::Failure;
use super::files::{Files, trace_failure};
use super::output::{print, print_summary};
use super::progress::{Bars, catch_interrupts, interrupted};
use super::replicate::{Replicating, goals, most_replications};
use super::trials::Trials;
use super::validate::load_templates;
use crate::experiment::{Threads, in_order};
use crate::report::{
    ExpectationResult, Measure, Replicated, ReportInput, ReportOptions, RunFolder, summary_json, terminal_summary,
};
use crate::scenario::{Expectation, Scenario, Template};
use crate::simulation::emptied;

/// Version of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
const DEFAULT_PARENT: &str = "notebooks-out";

/// One scenario and the folder it writes.
struct Job {
    template: Template,
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
    catch_interrupts();
    let (templates, scenarios): (Vec<Template>, Vec<Scenario>) =
        load_templates(&command.scenarios)?.into_iter().unzip();
    if command.emit_logs.is_some() && scenarios.len() > 1 {
        return Err(Failure::Usage(
            "--emit-logs writes the lines of one scenario; run the others by themselves".to_owned(),
        ));
    }
    if command.timeline.timeline.is_some() && scenarios.len() > 1 {
        return Err(Failure::Usage(
            "--timeline shows the run of one scenario; run the others by themselves".to_owned(),
        ));
    }
    for scenario in &scenarios {
        goals(&command.precision, &scenario.plan)?;
    }
    let targets = targets(&scenarios, command.out.as_deref())?;
    let jobs = templates.into_iter().zip(scenarios).zip(&targets);
    let jobs = jobs.map(|((template, scenario), target)| {
        Ok(Job {
            template,
            scenario,
            folder: RunFolder::create(target)?,
        })
    });
    let jobs: Vec<Job> = jobs.collect::<Result<_, Failure>>()?;
    let bars = Bars::new(command.progress);
    // Replications share the threads: then scenarios come one after another.
    let at_once = if most_replications(command) == 1 {
        command.threads
    } else {
        1
    };
    // A scenario that is alone has them for itself.
    let crew = Threads::new(if jobs.len() == 1 { command.threads } else { 1 });
    let results = in_order(jobs, at_once, |job| carry_out(job, command, &bars, &crew));
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

fn carry_out(job: Job, command: &RunCommand, bars: &Bars, crew: &Threads) -> Result<Done, Failure> {
    let Job {
        template,
        scenario,
        folder,
    } = job;
    let mut search = bars.bar(&scenario.plan.name, scenario.plan.horizon());
    let plan = &emptied(Cow::Borrowed(&scenario.plan), &mut search).ok_or(Failure::Interrupted)?;
    drop(search);
    let mut files = Files::open(command, &folder, plan, VERSION)?;
    let (result, files, replicated) = if most_replications(command) == 1 {
        let mut bar = bars.bar(&plan.name, plan.horizon());
        let result = files.run(plan, &mut bar, crew).ok_or(Failure::Interrupted)?;
        (result, files, None)
    } else {
        let replicating = Replicating {
            scenario: &scenario,
            plan,
            folder: &folder,
            command,
            bars,
        };
        let (result, files, replicated) = replicating.carry_out(files)?;
        (result, files, Some(replicated))
    };
    let outside = files.close()?;
    if let Some(failure) = trace_failure(plan) {
        return Err(Failure::Trace(failure));
    }
    let missed = replicated.iter().flat_map(Replicated::missed);
    let warnings: Vec<String> = scenario.warnings.iter().cloned().chain(missed).collect();
    let mut input = ReportInput {
        plan,
        result: &result,
        version: VERSION,
        question: scenario.question.as_deref(),
        source_text: &scenario.text,
        changed_parameters: &scenario.changed_parameters,
        warnings: &warnings,
        expectations: &[],
        replications: replicated.as_ref(),
        advice: None,
        sensitivity: None,
    };
    let verdicts = judge(&scenario, &input);
    input.expectations = &verdicts;
    if interrupted() {
        return Err(Failure::Interrupted);
    }
    let trials = Trials {
        template: &template,
        plan,
        result: &result,
        threads: command.threads,
        bars,
    };
    let advice = (!command.no_advice)
        .then(|| trials.advice(command.advice))
        .transpose()?;
    input.advice = advice.as_ref();
    let sensitivity = command.sensitivity.then(|| trials.sensitivity()).transpose()?;
    input.sensitivity = sensitivity.as_ref();
    outside.close(VERSION)?;
    folder.keep_scenario(&scenario.written)?;
    let target = folder.target().to_owned();
    let summary = summary_json(&input);
    folder.finish(
        &input,
        &summary,
        ReportOptions {
            plots: !command.no_plots,
        },
    )?;
    Ok(Done {
        table: terminal_summary(&input, Some(&target)),
        summary: command.json.then_some(summary),
        met: verdicts.iter().all(|verdict| verdict.ok),
    })
}

/// The verdict on each expectation: with replications it has to hold in all of them.
fn judge(scenario: &Scenario, input: &ReportInput) -> Vec<ExpectationResult> {
    if scenario.expectations.is_empty() {
        return Vec::new();
    }
    let expectations = &scenario.expectations;
    let paths = expectations.iter().map(|expectation| expectation.path.as_str());
    let values = Measure::new(&scenario.plan, paths).of_summary(&summary_json(input));
    let verdict = |(place, (expectation, value)): (usize, (&Expectation, Option<f64>))| {
        let held = input.replications.map(|all| (all.held()[place], all.count()));
        ExpectationResult {
            text: expectation.text.clone(),
            value,
            ok: held.map_or(expectation.holds(value), |(held, count)| held == count),
            held,
        }
    };
    expectations.iter().zip(values).enumerate().map(verdict).collect()
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
    print_summary(&tables.join("\n"))
}
