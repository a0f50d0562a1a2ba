use std::borrow::Cow;
use std::process::ExitCode;

use serde_json::Value;

use super::args::ScenarioArguments;
use super::explain_args::{ExplainCommand, First};
use super::failure::Failure;
use super::files::trace_failure;
use super::known::function;
use super::output::{complain, print};
use super::progress::{Bars, catch_interrupts};
use super::validate::load_all;
use crate::explain::{
    Address, Found, Sought, StoryError, narrate, narration_json, narration_text, search, stories, story_json,
    story_text,
};
use crate::facts::{Cause, FunctionId, Reason};
use crate::scenario::{Scenario, nearest};
use crate::simulation::{Plan, emptied};

/// `lambdasim explain SCENARIO`: why it went as it did with one invocation.
pub(super) fn explain(command: &ExplainCommand) -> Result<ExitCode, Failure> {
    catch_interrupts();
    let scenarios = load_all(&ScenarioArguments {
        files: vec![command.file.clone()],
        load: command.load.clone(),
    })?;
    let plan = &scenarios[0].plan;
    let question = Question::of(command, plan)?;
    let bars = Bars::new(command.progress);
    // As a run has it: with a drain that ends when its backlogs are gone.
    let plan = &emptied(Cow::Borrowed(plan), &mut bars.bar(&plan.name, plan.horizon())).ok_or(Failure::Interrupted)?;
    let addresses = match question {
        Question::First(events) => return tell_first(command, &scenarios[0], plan, events, &bars),
        Question::This(address) => vec![address],
        Question::Search(sought, function) => {
            match search(plan, sought, function, &mut bars.bar(&plan.name, plan.horizon())) {
                Found::Some(addresses) => addresses,
                Found::Stopped => return Err(Failure::Interrupted),
                Found::None => {
                    complain(&nothing(command, sought));
                    return Ok(ExitCode::from(1));
                }
            }
        }
    };
    let told = stories(plan, &addresses, &mut bars.bar(&plan.name, plan.horizon())).map_err(|error| match error {
        StoryError::Stopped => Failure::Interrupted,
        beyond => Failure::Usage(beyond.to_string()),
    })?;
    if let Some(failure) = trace_failure(plan) {
        return Err(Failure::Trace(failure));
    }
    let text = match (command.json, told.as_slice()) {
        (true, [only]) if command.slowest.is_none() => format!("{:#}\n", story_json(only)),
        (true, all) => format!("{:#}\n", Value::from_iter(all.iter().map(story_json))),
        (false, all) => all.iter().map(story_text).collect::<Vec<_>>().join("\n"),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// `--narrate`: the first events, and the lesson if there is one.
fn tell_first(
    command: &ExplainCommand,
    scenario: &Scenario,
    plan: &Plan,
    events: u32,
    bars: &Bars,
) -> Result<ExitCode, Failure> {
    if command.reveal && scenario.lesson.is_none() {
        return Err(Failure::Usage(format!(
            "{} has no `lesson`, so there is no answer to reveal",
            plan.name
        )));
    }
    let mut bar = bars.bar(&plan.name, plan.horizon());
    let told = narrate(plan, events as usize, scenario.lesson.clone(), &mut bar);
    let told = told.map_err(|_| Failure::Interrupted)?;
    drop(bar);
    if command.json {
        print(&format!("{:#}\n", narration_json(&told, command.reveal)))?;
    } else {
        print(&narration_text(&told, command.reveal))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked for.
enum Question {
    First(u32),
    This(Address),
    Search(Sought, Option<FunctionId>),
}

impl Question {
    fn of(command: &ExplainCommand, plan: &Plan) -> Result<Question, Failure> {
        if let Some(text) = &command.invocation {
            let address = Address::parse(plan, text).map_err(|error| Failure::Usage(error.to_string()))?;
            return Ok(Question::This(address));
        }
        if let Some(events) = command.narrate {
            return Ok(Question::First(events));
        }
        let function = command
            .function
            .as_deref()
            .map(|name| function(plan, name))
            .transpose()?;
        let sought = match (command.first, command.slowest) {
            (Some(First::DeadLetter), _) if command.reason.is_some() => {
                return Err(Failure::Usage("--reason belongs to --first throttle".to_owned()));
            }
            (Some(First::DeadLetter), _) => Sought::DeadLetter,
            (_, Some(count)) => Sought::Slowest(count.into()),
            _ => throttle(command.reason.as_deref())?,
        };
        Ok(Question::Search(sought, function))
    }
}

/// A throttle by its Reason, or by the check that refuses.
fn throttle(reason: Option<&str>) -> Result<Sought, Failure> {
    let Some(text) = reason else {
        return Ok(Sought::Throttle(None, None));
    };
    let by_reason = Reason::ALL.into_iter().find(|reason| reason.name() == text);
    let by_cause = Cause::ALL.into_iter().find(|cause| cause.name() == text);
    if by_reason.is_none() && by_cause.is_none() {
        let known: Vec<&str> = Reason::ALL
            .map(Reason::name)
            .into_iter()
            .chain(Cause::ALL.map(Cause::name))
            .collect();
        let hint =
            nearest(text, known.iter().copied()).map_or_else(String::new, |near| format!(" did you mean {near}?"));
        return Err(Failure::Usage(format!(
            "nothing is throttled for \"{text}\";{hint} reasons and causes: {}",
            known.join(", ")
        )));
    }
    Ok(Sought::Throttle(by_reason, by_cause))
}

/// What to say where a run has none.
fn nothing(command: &ExplainCommand, sought: Sought) -> String {
    let of = command
        .function
        .as_ref()
        .map_or_else(String::new, |name| format!(" of {name}"));
    let by = command
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" for {reason}"));
    match sought {
        Sought::Throttle(..) => format!("no attempt{of} is throttled{by} in this run"),
        Sought::DeadLetter => format!("nothing{of} goes to a dead-letter queue in this run"),
        Sought::Slowest(_) => format!("no arrival{of} has a final answer in this run"),
    }
}
