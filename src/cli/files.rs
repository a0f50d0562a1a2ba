use super::args::RunCommand;
use super::failure::Failure;
use super::timeline::open_timeline;
use crate::facts::Observer;
use crate::report::{CsvSink, LogLines, Records, RunFolder, TimelineFile};
use crate::simulation::{Crew, Pace, Plan, RunResult, simulate_by};
use crate::workload::Process;

/// What is written while a run goes on.
pub(super) struct Files<'a> {
    sink: CsvSink<'a>,
    records: Option<Records>,
    log_lines: Option<LogLines<'a>>,
    timeline: Option<TimelineFile<'a>>,
}

/// Files outside the run folder, which become whole once the folder is.
pub(super) struct Outside<'a> {
    log_lines: Option<LogLines<'a>>,
    timeline: Option<TimelineFile<'a>>,
}

impl Outside<'_> {
    /// Moves them into place.
    pub fn close(self, version: &str) -> Result<(), Failure> {
        self.log_lines.map_or(Ok(()), LogLines::close)?;
        self.timeline.map_or(Ok(()), |timeline| timeline.close(version))?;
        Ok(())
    }
}

impl<'a> Files<'a> {
    pub fn open(command: &RunCommand, folder: &RunFolder, plan: &'a Plan, version: &str) -> Result<Files<'a>, Failure> {
        let records = command.records.then(|| folder.records(plan, version));
        let log_lines = command.emit_logs.as_deref().map(|file| LogLines::create(plan, file));
        Ok(Files {
            sink: folder.sink(plan)?,
            records: records.transpose()?,
            log_lines: log_lines.transpose()?,
            timeline: open_timeline(&command.timeline, plan)?,
        })
    }

    /// Simulates into them; `None` where `pace` stopped the run.
    pub fn run(&mut self, plan: &Plan, pace: &mut dyn Pace, crew: &dyn Crew) -> Option<RunResult> {
        let listens = self.records.is_some() || self.log_lines.is_some() || self.timeline.is_some();
        let mut extra = (&mut self.records, (&mut self.log_lines, &mut self.timeline));
        simulate_by(
            plan,
            &mut self.sink,
            listens.then_some(&mut extra as &mut dyn Observer),
            pace,
            crew,
        )
    }

    /// Closes those of the run folder; the others become whole once the folder is.
    pub fn close(self) -> Result<Outside<'a>, Failure> {
        self.sink.close()?;
        self.records.map_or(Ok(()), Records::close)?;
        Ok(Outside {
            log_lines: self.log_lines,
            timeline: self.timeline,
        })
    }
}

/// Why a trace gave fewer rows than when the scenario was loaded.
pub(super) fn trace_failure(plan: &Plan) -> Option<String> {
    plan.sources.iter().find_map(|source| match &source.process {
        Process::Trace(file) => file.failure(),
        _ => None,
    })
}
