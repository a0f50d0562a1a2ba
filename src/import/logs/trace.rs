use std::io::{self, Write};

use super::book::Logs;
use super::scenario;

/// Writes recorded arrivals as a trace (CSV: `time` in seconds since `start`, `function`, `duration_ms`, `error`), whose seconds count from the
/// start of the scenario that [`super::import_logs`] writes.
///
/// # Errors
/// What the target says.
pub fn write_trace(target: &mut dyn Write, logs: &Logs) -> io::Result<()> {
    let start = scenario::Window::of(logs).from * 1_000_000;
    writeln!(target, "time,function,duration_ms,error")?;
    let names: Vec<String> = logs.functions.iter().map(scenario::address).collect();
    for row in &logs.recorded {
        let since = (row.time - start).max(0);
        let duration = row.duration.as_micros();
        writeln!(
            target,
            "{}.{:06},{},{}.{:03},{}",
            since / 1_000_000,
            since % 1_000_000,
            names[row.function as usize],
            duration / 1_000,
            duration % 1_000,
            u8::from(row.error),
        )?;
    }
    Ok(())
}
