use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher};

use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::sweep::Shard;
use crate::simulation::Plan;

/// Which sweep results belong to: the first line of its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Version of the program.
    pub lambdasim: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of all points.
    pub seed: u64,
    /// A number that is another one as soon as the scenario as such, without what varies, is another one.
    pub plan: String,
    /// What varies.
    pub axes: Vec<Axis>,
    /// What is noted of each point.
    pub metrics: Vec<String>,
    /// Runs of each point with different luck. Not written where it is one, as it was before there could be more.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub replications: u64,
    /// The part of the points that is run here.
    pub shard: Shard,
}

fn one() -> u64 {
    1
}

fn is_one(replications: &u64) -> bool {
    *replications == 1
}

impl Identity {
    /// What stands in each row: the metrics, or of each its mean and the ends of its interval.
    pub fn columns(&self) -> Vec<String> {
        columns(&self.metrics, self.replications)
    }

    /// What `plan` counts in [`Identity::plan`]: everything that a run of it depends on.
    pub fn of_plan(plan: &Plan) -> String {
        let mut digest = Digest(DefaultHasher::new());
        // Writing into a hash cannot fail.
        let _ = write!(digest, "{plan:?}");
        format!("{:016x}", digest.0.finish())
    }

    /// Reads a journal's first line.
    pub fn parse(line: &str) -> Option<Identity> {
        serde_json::from_str(line).ok()
    }

    /// As a journal's first line.
    pub fn line(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The first thing in which two sweeps differ, if they do, in words that tell of `self`.
    pub fn difference(&self, other: &Identity) -> Option<String> {
        let differs = |differs: bool, words: String| differs.then_some(words);
        let paths = |identity: &Identity| {
            let paths: Vec<String> = identity
                .axes
                .iter()
                .flat_map(|axis| axis.paths.iter().cloned())
                .collect();
            paths.join(", ")
        };
        differs(
            self.scenario != other.scenario,
            format!("it is about {}", self.scenario),
        )
        .or_else(|| {
            differs(
                self.lambdasim != other.lambdasim,
                format!("it comes from version {}", self.lambdasim),
            )
        })
        .or_else(|| differs(self.seed != other.seed, format!("its seed is {}", self.seed)))
        .or_else(|| differs(paths(self) != paths(other), format!("it varies {}", paths(self))))
        .or_else(|| {
            differs(
                self.axes != other.axes,
                format!("it gives {} other values", paths(self)),
            )
        })
        .or_else(|| differs(self.metrics != other.metrics, "it notes other metrics".to_owned()))
        .or_else(|| {
            differs(
                self.replications != other.replications,
                format!("each of its points is run {} times", self.replications),
            )
        })
        .or_else(|| differs(self.shard != other.shard, format!("it is part {}", self.shard)))
        .or_else(|| {
            differs(
                self.plan != other.plan,
                "the scenario has been changed since".to_owned(),
            )
        })
    }
}

/// Columns of a row for each of `metrics`: one with a single run of each point, else three for mean, low and high end.
pub fn columns(metrics: &[String], replications: u64) -> Vec<String> {
    let of_metric = |metric: &String| match replications {
        1 => vec![metric.clone()],
        _ => vec![metric.clone(), format!("{metric}.low"), format!("{metric}.high")],
    };
    metrics.iter().flat_map(of_metric).collect()
}

struct Digest(DefaultHasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
