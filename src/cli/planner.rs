use std::fmt::Write as _;

use super::alone::run_plan;
use super::failure::Failure;
use super::plan_args::PlanArguments;
use super::progress::Bars;
use super::validate::{check_metric, load_options, with_known_paths};
use crate::experiment::{Sample, Trial, in_order, meets};
use crate::report::{Measure, blank_summary, measured_goal};
use crate::scenario::{Expectation, Scenario, Template};
use crate::simulation::Plan;

/// Probability with which an expectation is to be kept.
const CONFIDENCE: f64 = 0.95;

/// The values that make all traffic of a scenario `multiple` times what it is.
pub(super) fn traffic_times(template: &Template, plan: &Plan, multiple: f64) -> Vec<(String, String)> {
    let scaled = |name: &str| {
        let path = format!("traffic.{name}.scale");
        let written = template.written_at(&path).and_then(|scale| scale.parse::<f64>().ok());
        let scale = written.unwrap_or(1.0) * multiple;
        (path, scale.to_string())
    };
    plan.entries().map(|entry| scaled(&entry.name)).collect()
}

/// A scenario that is run with other values.
pub(super) struct Planner {
    /// What it is resolved from.
    pub template: Template,
    /// The scenario as it stands.
    pub base: Scenario,
    /// Runs of each set of values.
    pub replications: u64,
    /// Runs at once.
    pub threads: usize,
    bars: Bars,
}

/// What the runs with some values said.
pub(super) struct Judged {
    /// The value of each expectation over the runs.
    goals: Vec<Sample>,
    /// Further metrics, in the order in which they were asked for.
    pub metrics: Vec<Sample>,
}

impl Planner {
    /// Reads the scenario and what it expects, and adds `goals`.
    pub fn new(arguments: &PlanArguments, goals: &[String]) -> Result<Planner, Failure> {
        let one = |problems| Failure::Scenarios(vec![problems]);
        let template = Template::read(&arguments.file, &load_options(&arguments.load)?).map_err(one)?;
        let mut base = template.resolve(&[], "--set").and_then(with_known_paths).map_err(one)?;
        base.expectations.extend(read_goals(goals, &base)?);
        Ok(Planner {
            template,
            base,
            replications: arguments.replications,
            threads: arguments.runs.threads,
            bars: Bars::new(arguments.runs.progress),
        })
    }

    /// Refuses a scenario that expects nothing.
    pub fn need_expectations(&self) -> Result<(), Failure> {
        if self.base.expectations.is_empty() {
            let example = "expect:\n  - totals.Throttles == 0";
            return Err(Failure::Usage(format!(
                "the scenario has no `expect`: say what has to be kept, such as\n\n{example}\n\nor with --goal \
                 'totals.Throttles == 0'"
            )));
        }
        Ok(())
    }

    /// Runs the scenario with some values; `None` where it refuses them.
    pub fn judge(&self, settings: &[(String, String)], metrics: &[String]) -> Result<Option<Judged>, Failure> {
        let Ok(scenario) = self.template.resolve(settings, "the plan") else {
            return Ok(None);
        };
        let goals = self.base.expectations.iter().map(|goal| goal.path.as_str());
        let measure = Measure::new(&scenario.plan, goals.chain(metrics.iter().map(String::as_str)));
        let bar = self.bars.count("runs", self.replications, 0);
        let runs = in_order((0..self.replications).collect(), self.threads, |replication| {
            let values = run_plan(&scenario.plan.replicated(replication), &measure);
            bar.add();
            values
        });
        let runs = runs.into_iter().collect::<Result<Vec<_>, Failure>>()?;
        let sample = |number: usize| {
            runs.iter()
                .map(|values| values[number].unwrap_or(f64::NAN))
                .collect::<Sample>()
        };
        let split = self.base.expectations.len();
        Ok(Some(Judged {
            goals: (0..split).map(sample).collect(),
            metrics: (split..split + metrics.len()).map(sample).collect(),
        }))
    }

    /// Whether every expectation is kept with confidence.
    pub fn keeps(&self, judged: &Judged) -> bool {
        self.failing(judged).next().is_none()
    }

    /// Expectations that are not kept with confidence, with their values.
    pub fn failing<'a>(&'a self, judged: &'a Judged) -> impl Iterator<Item = (&'a Expectation, &'a Sample)> {
        let goals = self.base.expectations.iter().zip(&judged.goals);
        goals.filter(|(goal, sample)| !meets(sample, goal.operator, goal.value, CONFIDENCE))
    }

    /// What `judge` says of a number that is tried.
    pub fn attempt(&self, settings: &[(String, String)]) -> Result<Trial, Failure> {
        Ok(match self.judge(settings, &[])? {
            None => Trial::Refused,
            Some(judged) if self.keeps(&judged) => Trial::Enough,
            Some(_) => Trial::TooLittle,
        })
    }

    /// The expectations that some values do not keep, a line for each.
    pub fn tell_failing(&self, settings: &[(String, String)]) -> Result<String, Failure> {
        let mut text = String::new();
        match self.judge(settings, &[])? {
            None => text.push_str("  the scenario refuses it\n"),
            Some(judged) => {
                for (goal, sample) in self.failing(&judged) {
                    let _ = writeln!(text, "  {}", measured_goal(goal, sample, CONFIDENCE));
                }
            }
        }
        Ok(text)
    }
}

/// Further goals of the command line, or all that is wrong with them.
fn read_goals(goals: &[String], base: &Scenario) -> Result<Vec<Expectation>, Failure> {
    if goals.is_empty() {
        return Ok(Vec::new());
    }
    let blank = blank_summary(&base.plan);
    let (mut read, mut wrong) = (Vec::new(), Vec::new());
    for text in goals {
        let known = |goal: Expectation| match check_metric(&blank, &goal.path) {
            Ok(()) => Ok(goal),
            Err(unknown) => Err(format!("--goal {text}: {unknown}")),
        };
        match Expectation::parse(text, "--goal").and_then(known) {
            Ok(goal) => read.push(goal),
            Err(what) => wrong.push(what),
        }
    }
    if wrong.is_empty() {
        Ok(read)
    } else {
        Err(Failure::Usage(wrong.join("\n")))
    }
}
