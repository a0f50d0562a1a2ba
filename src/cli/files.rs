use super::args::RunCommand;
use super::failure::Failure;
use crate::facts::Observer;
use crate::report::{CsvSink, LogLines, Records, RunFolder};
use crate::simulation::{Pace, Plan, RunResult, simulate};
use crate::workload::Process;

/// What is written while a run goes on.
pub(super) struct Files<'a> {
    sink: CsvSink<'a>,
    records: Option<Records>,
    log_lines: Option<LogLines<'a>>,
}

impl<'a> Files<'a> {
    pub fn open(command: &RunCommand, folder: &RunFolder, plan: &'a Plan, version: &str) -> Result<Files<'a>, Failure> {
        let records = command.records.then(|| folder.records(plan, version));
        let log_lines = command.emit_logs.as_deref().map(|file| LogLines::create(plan, file));
        Ok(Files {
            sink: folder.sink(plan)?,
            records: records.transpose()?,
            log_lines: log_lines.transpose()?,
        })
    }

    /// Simulates into them; `None` where `pace` stopped the run.
    pub fn run(&mut self, plan: &Plan, pace: &mut dyn Pace) -> Option<RunResult> {
        let listens = self.records.is_some() || self.log_lines.is_some();
        let mut extra = (&mut self.records, &mut self.log_lines);
        simulate(
            plan,
            &mut self.sink,
            listens.then_some(&mut extra as &mut dyn Observer),
            pace,
        )
    }

    /// Closes those of the run folder; log lines become whole once the folder is.
    pub fn close(self) -> Result<Option<LogLines<'a>>, Failure> {
        self.sink.close()?;
        self.records.map_or(Ok(()), Records::close)?;
        Ok(self.log_lines)
    }
}

/// Why a trace gave fewer rows than when the scenario was loaded.
pub(super) fn trace_failure(plan: &Plan) -> Option<String> {
    plan.sources.iter().find_map(|source| match &source.process {
        Process::Trace(file) => file.failure(),
        _ => None,
    })
}
