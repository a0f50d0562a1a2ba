//! The run folder: whole or absent.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::csv::{write_cost, write_latency};
use super::html::report_html;
use super::notebook::notebook_json;
use super::plot::{Card, Chart, card_png, draw_png, draw_svg};
use super::siblings::{self, Kind, Sibling, Unreplaced};
use super::{CsvSink, Headline, Records, ReplicationRows, ReportError, ReportInput};
use crate::scenario::Written;
use crate::simulation::Plan;

/// The file of a run folder that tells it from others.
pub(super) const SUMMARY: &str = "summary.json";
/// What was run.
pub(super) const SCENARIO: &str = "scenario.json";

/// The run on one picture.
const CARD: &str = "plots/summary.png";

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportOptions {
    /// Whether to draw `plots/`, and the charts of `report.html` as pictures for paper and for readers without a script.
    pub plots: bool,
}

/// A run folder in the making: a hidden sibling of the target, moved into place by [`RunFolder::finish`]. Dropped
/// without that, it removes itself and leaves everything as it was.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    /// `None` once it is in place.
    temporary: Option<Sibling>,
    parents: Vec<PathBuf>,
}

impl RunFolder {
    /// Prepares a folder that will become `target`. Folders above it are made where they are missing.
    ///
    /// # Errors
    /// Where `target` could not be replaced at the end (only a folder with a `summary.json` of ours is), or nothing can
    /// be written beside it.
    pub fn create(target: &Path) -> Result<RunFolder, ReportError> {
        let Some(name) = target.file_name() else {
            return Err(ReportError::Nameless {
                path: target.to_owned(),
            });
        };
        check_replaceable(target)?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut folder = RunFolder {
            target: target.to_owned(),
            temporary: None,
            parents: missing_parents(&parent),
        };
        let made = fs::create_dir_all(&parent).and_then(|()| {
            siblings::clear(&parent, name, |left| restorable(left, target))?;
            siblings::make(&parent, name, Kind::New)
        });
        folder.temporary = Some(made.map_err(|cause| ReportError::Unwritable { path: parent, cause })?);
        Ok(folder)
    }

    /// Where the folder will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Opens `metrics.csv` and `throttles.csv`. Close the sink before [`RunFolder::finish`].
    ///
    /// # Errors
    /// Where a file cannot be made.
    pub fn sink<'a>(&self, plan: &'a Plan) -> Result<CsvSink<'a>, ReportError> {
        let metrics = self.open("metrics.csv")?;
        let throttles = self.open("throttles.csv")?;
        Ok(CsvSink::new(plan, self.target.clone(), metrics, throttles))
    }

    /// Opens `records.parquet`. Close it before [`RunFolder::finish`].
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn records(&self, plan: &Plan, version: &str) -> Result<Records, ReportError> {
        let file = self.open("records.parquet")?;
        Records::new(plan, version, self.target.clone(), file)
    }

    /// Opens `replications.csv`. Close it before [`RunFolder::finish`].
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn replication_rows(&self, headlines: &[Headline]) -> Result<ReplicationRows, ReportError> {
        let file = self.open("replications.csv")?;
        ReplicationRows::new(headlines, self.target.clone(), file)
    }

    /// Writes `scenario.json`: what is run. Comparisons of run folders read it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep_scenario(&self, written: &Written) -> Result<(), ReportError> {
        self.write(SCENARIO, |out| write_json(out, &written.json()))
    }

    /// Writes all other files and moves the folder into place. `summary` is the [`summary_json`](super::summary_json) of `input`.
    ///
    /// # Errors
    /// Where a file cannot be written or the folder not be moved; then the target is as it was before.
    pub fn finish(self, input: &ReportInput, summary: &Value, options: ReportOptions) -> Result<(), ReportError> {
        self.write("latency.csv", |out| write_latency(out, input))?;
        self.write("cost.csv", |out| write_cost(out, input))?;
        if options.plots {
            self.make("plots")?;
            for chart in Chart::of(input.plan) {
                self.plot(chart, input)?;
            }
            let card = card_png(&Card::of(input), &self.inside(CARD));
            card.map_err(|cause| self.failed(CARD, cause))?;
        }
        let page = report_html(input, summary, options.plots);
        self.write("report.html", |out| out.write_all(page.as_bytes()))?;
        self.write("notebook.ipynb", |out| write_json(out, &notebook_json(input)))?;
        if let Some(advice) = input.advice.filter(|advice| advice.skipped.is_none()) {
            self.write("advice.json", |out| write_json(out, &advice.json(input.plan)))?;
        }
        if let Some(sensitivity) = input.sensitivity {
            self.write("sensitivity.json", |out| write_json(out, &sensitivity.json(input.plan)))?;
        }
        self.write(SUMMARY, |out| write_json(out, summary))?;
        self.commit()
    }

    fn plot(&self, chart: Chart, input: &ReportInput) -> Result<(), ReportError> {
        let svg_file = format!("plots/{}.svg", chart.name());
        let png_file = format!("plots/{}.png", chart.name());
        let svg = draw_svg(chart, input).map_err(|cause| self.failed(&svg_file, cause))?;
        self.write(&svg_file, |out| out.write_all(svg.as_bytes()))?;
        draw_png(chart, input, &self.inside(&png_file)).map_err(|cause| self.failed(&png_file, cause))
    }

    /// A file of the folder in the making.
    fn inside(&self, file: &str) -> PathBuf {
        self.temporary
            .as_ref()
            .map_or_else(PathBuf::new, |temporary| temporary.path().join(file))
    }

    fn make(&self, folder: &str) -> Result<(), ReportError> {
        fs::create_dir(self.inside(folder)).map_err(|cause| self.failed(folder, cause))
    }

    fn open(&self, file: &str) -> Result<File, ReportError> {
        File::create(self.inside(file)).map_err(|cause| self.failed(file, cause))
    }

    fn write(
        &self,
        file: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), ReportError> {
        let mut out = BufWriter::new(self.open(file)?);
        let written = content(&mut out).and_then(|()| out.flush());
        written.map_err(|cause| self.failed(file, cause))
    }

    fn failed(&self, file: &str, cause: io::Error) -> ReportError {
        ReportError::Write {
            file: file.to_owned(),
            target: self.target.clone(),
            cause,
        }
    }

    /// Puts the new folder in the place of the earlier one, and removes that.
    fn commit(mut self) -> Result<(), ReportError> {
        // Checked again: something may have come into the way while the simulation ran.
        check_replaceable(&self.target)?;
        let target = self.target.clone();
        let failed = |cause| ReportError::Commit {
            target: target.clone(),
            cause,
        };
        let Some(temporary) = self.temporary.take() else {
            return Ok(());
        };
        let replaced = siblings::replace(&temporary, &self.target);
        match replaced {
            Ok(earlier) => {
                self.parents.clear();
                match earlier.map(|earlier| (fs::remove_dir_all(&earlier), earlier)) {
                    Some((Err(cause), path)) => Err(ReportError::Leftover { path, cause }),
                    _ => Ok(()),
                }
            }
            Err(Unreplaced::AsBefore(cause)) => {
                self.temporary = Some(temporary);
                Err(failed(cause))
            }
            Err(Unreplaced::Stranded { path, cause }) => {
                self.temporary = Some(temporary);
                Err(ReportError::Stranded { target, path, cause })
            }
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure here, and the target itself was never touched.
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_dir_all(temporary.path());
        }
        for parent in &self.parents {
            let _ = fs::remove_dir(parent);
        }
    }
}

/// Whether an earlier run that was put aside by a process that died has to come back.
fn restorable(aside: &Path, target: &Path) -> bool {
    is_ours(aside) && fs::symlink_metadata(target).is_err()
}

/// Folders that do not exist yet, innermost first.
fn missing_parents(parent: &Path) -> Vec<PathBuf> {
    let above = parent.ancestors().filter(|path| !path.as_os_str().is_empty());
    above.take_while(|path| !path.exists()).map(Path::to_owned).collect()
}

/// What makes a `summary.json` one of ours; the rest of the file is skipped unread.
#[derive(Deserialize)]
struct Mark {
    #[serde(rename = "scenario")]
    _scenario: String,
    #[serde(rename = "fingerprint")]
    _fingerprint: String,
    #[serde(rename = "version")]
    _version: String,
}

fn check_replaceable(target: &Path) -> Result<(), ReportError> {
    let path = target.to_owned();
    match fs::symlink_metadata(target) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(ReportError::Unwritable { path, cause }),
        Ok(found) if !found.is_dir() => Err(ReportError::InTheWay { path }),
        Ok(_) if is_ours(target) => Ok(()),
        Ok(_) => Err(ReportError::Foreign { path }),
    }
}

fn is_ours(folder: &Path) -> bool {
    fs::read(folder.join(SUMMARY)).is_ok_and(|text| serde_json::from_slice::<Mark>(&text).is_ok())
}

fn write_json(out: &mut impl Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Datapoint, Sink};
    use crate::report::sample::Sample;
    use crate::report::summary_json;
    use crate::simulation::simulate;
    use crate::units::SimTime;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};

    const NO_PLOTS: ReportOptions = ReportOptions { plots: false };

    fn finish(folder: RunFolder, sample: &Sample, options: ReportOptions) -> Result<(), ReportError> {
        let input = sample.input();
        folder.finish(&input, &summary_json(&input), options)
    }

    fn write_run(target: &Path, options: ReportOptions) -> Result<(), ReportError> {
        let sample = Sample::busy();
        let folder = RunFolder::create(target)?;
        let mut sink = folder.sink(&sample.plan)?;
        sink.datapoint(&Datapoint {
            time: SimTime::ZERO,
            function: None,
            qualifier: None,
            queue: None,
            mapping: None,
            metric: "ConcurrentExecutions",
            statistic: "Maximum",
            value: 304.0,
        });
        sink.close()?;
        folder.records(&sample.plan, "0.1.0")?.close()?;
        finish(folder, &sample, options)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_folder_holds_every_file_of_the_contract_and_the_same_bytes_each_time() {
        let place = tempfile::tempdir().unwrap();
        let (one, two) = (place.path().join("deep/one"), place.path().join("two"));
        write_run(&one, ReportOptions { plots: true }).unwrap();
        write_run(&two, ReportOptions { plots: true }).unwrap();
        let files = [
            "cost.csv",
            "latency.csv",
            "metrics.csv",
            "notebook.ipynb",
            "plots",
            "records.parquet",
            "report.html",
            "summary.json",
            "throttles.csv",
        ];
        assert_eq!(names(&one), files);
        // Six charts, and two more as the sample has a queue, each in two formats; and the run on one picture.
        assert_eq!(names(&one.join("plots")).len(), 17);
        assert!(one.join(CARD).exists());
        let plots = names(&one.join("plots"))
            .into_iter()
            .map(|name| format!("plots/{name}"));
        let flat = files.into_iter().filter(|name| *name != "plots").map(str::to_owned);
        for file in flat.chain(plots) {
            assert_eq!(
                fs::read(one.join(&file)).unwrap(),
                fs::read(two.join(&file)).unwrap(),
                "{file}"
            );
        }
        assert_eq!(names(place.path()), ["deep", "two"], "nothing else is left behind");
    }

    #[test]
    fn an_earlier_run_is_replaced_whole() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        write_run(&target, NO_PLOTS).unwrap();
        fs::write(target.join("note.txt"), "mine").unwrap();
        write_run(&target, NO_PLOTS).unwrap();
        assert!(!target.join("note.txt").exists());
        assert_eq!(names(place.path()), ["out"]);
    }

    #[test]
    fn a_folder_or_file_that_no_run_has_written_is_refused_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let (foreign, empty, file) = (
            place.path().join("foreign"),
            place.path().join("empty"),
            place.path().join("file"),
        );
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join(SUMMARY), r#"{"scenario": "x", "version": "1"}"#).unwrap();
        fs::create_dir(&empty).unwrap();
        fs::write(&file, "text").unwrap();
        assert!(matches!(RunFolder::create(&foreign), Err(ReportError::Foreign { .. })));
        assert!(matches!(RunFolder::create(&empty), Err(ReportError::Foreign { .. })));
        assert!(matches!(RunFolder::create(&file), Err(ReportError::InTheWay { .. })));
        assert!(matches!(
            RunFolder::create(&file.join("below")),
            Err(ReportError::Unwritable { .. })
        ));
        assert!(matches!(
            RunFolder::create(Path::new("/")),
            Err(ReportError::Nameless { .. })
        ));
        assert_eq!(names(place.path()), ["empty", "file", "foreign"]);
    }

    #[test]
    fn an_earlier_run_survives_a_run_that_does_not_finish() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        write_run(&target, NO_PLOTS).unwrap();
        let before = fs::read(target.join(SUMMARY)).unwrap();
        drop(RunFolder::create(&target).unwrap());
        let folder = RunFolder::create(&target).unwrap();
        fs::create_dir(folder.inside("report.html")).unwrap();
        let failure = finish(folder, &Sample::busy(), NO_PLOTS).unwrap_err();
        assert!(
            matches!(&failure, ReportError::Write { file, .. } if file == "report.html"),
            "{failure}"
        );
        assert_eq!(fs::read(target.join(SUMMARY)).unwrap(), before);
        assert_eq!(names(place.path()), ["out"]);
    }

    #[test]
    fn folders_made_on_the_way_go_again_where_the_run_does_not_finish() {
        let place = tempfile::tempdir().unwrap();
        drop(RunFolder::create(&place.path().join("a/b/out")).unwrap());
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn a_foreign_folder_that_appears_during_the_run_is_not_replaced() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        let folder = RunFolder::create(&target).unwrap();
        fs::create_dir(&target).unwrap();
        let refused = finish(folder, &Sample::busy(), NO_PLOTS);
        assert!(matches!(refused, Err(ReportError::Foreign { .. })));
        assert_eq!(names(place.path()), ["out"]);
    }

    #[test]
    fn files_of_a_simulated_run_agree_with_each_other() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        let plan = Sample::simulated_plan();
        let folder = RunFolder::create(&target).unwrap();
        let (mut sink, mut records) = (folder.sink(&plan).unwrap(), folder.records(&plan, "0.1.0").unwrap());
        let result = simulate(&plan, &mut sink, Some(&mut records), &mut ()).unwrap();
        sink.close().unwrap();
        records.close().unwrap();
        let sample = Sample::of(plan, result);
        finish(folder, &sample, ReportOptions { plots: true }).unwrap();

        let summary = fs::read_to_string(target.join(SUMMARY)).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let total = |name: &str| crate::report::value_at(&summary, &format!("totals.{name}")).unwrap();
        assert!(total("Throttles") > 0.0);
        let last_column = |file: &str| -> f64 {
            let text = fs::read_to_string(target.join(file)).unwrap();
            let cells = text.lines().skip(1).filter_map(|line| line.rsplit(',').next());
            cells.map(|cell| cell.parse::<f64>().unwrap()).sum()
        };
        assert_eq!(last_column("throttles.csv"), total("Throttles"));
        let billed = crate::report::value_at(&summary, "cost.total").unwrap();
        assert!((last_column("cost.csv") - billed).abs() < 1e-9);
        let records = SerializedFileReader::new(File::open(target.join("records.parquet")).unwrap()).unwrap();
        assert_eq!(records.metadata().file_metadata().num_rows() as f64, total("requests"));
        let page = fs::read_to_string(target.join("report.html")).unwrap();
        assert!(
            page.contains("Erlang B"),
            "a reserved function under Poisson load is compared with theory"
        );
    }
}
