//! One measurement is a process of its own: what it used of the processor and of memory is its work's alone.

use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What one run of a load did and used.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Operations: attempts, records, draws, whatever the load counts.
    pub operations: u64,
    /// Processor time of all threads, in nanoseconds.
    pub cpu: u64,
    /// Time passed, in nanoseconds.
    pub wall: u64,
    /// Largest resident memory of the process, in kilobytes; 0 where the system does not tell.
    pub peak: u64,
}

/// Since when work counts.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    cpu: Duration,
    wall: Duration,
}

impl Watch {
    /// From now on; at the start of a process that is all it does.
    pub fn start() -> Watch {
        Watch {
            cpu: clock(ClockId::ProcessCPUTime),
            wall: clock(ClockId::Monotonic),
        }
    }

    /// `operations` have been done.
    pub fn stop(self, operations: u64) -> Measured {
        Measured {
            operations,
            cpu: (clock(ClockId::ProcessCPUTime) - self.cpu).as_nanos() as u64,
            wall: (clock(ClockId::Monotonic) - self.wall).as_nanos() as u64,
            peak: peak_memory(),
        }
    }
}

fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

impl Measured {
    /// For the process that asked.
    pub fn print(self) {
        println!("measured {} {} {} {}", self.operations, self.cpu, self.wall, self.peak);
    }

    fn parse(text: &str) -> Option<Measured> {
        let line = text.lines().find_map(|line| line.strip_prefix("measured "))?;
        let numbers: Vec<u64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [operations, cpu, wall, peak] = numbers[..] else {
            return None;
        };
        Some(Measured {
            operations,
            cpu,
            wall,
            peak,
        })
    }

    /// Nanoseconds of processor time per operation.
    pub fn nanoseconds(self) -> f64 {
        self.cpu as f64 / self.operations as f64
    }

    /// Operations in a million to one second of processor time.
    pub fn millions(self) -> f64 {
        1_000.0 / self.nanoseconds()
    }
}

/// A run of load `name` in a process of its own; `None` where it fails, which the process says itself.
pub fn measure(name: &str, length: u64) -> Option<Measured> {
    let output = child(Command::new(std::env::current_exe().ok()?), name, length)?;
    Measured::parse(&output.0)
}

/// What the processor did for one operation.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Instructions.
    pub instructions: f64,
    /// Mispredicted branches, as cachegrind's model has them.
    pub branch_misses: f64,
}

/// Counts under cachegrind: two lengths, and the difference divided by that of their operations, so that nothing else counts.
pub fn count(name: &str, length: u64) -> Option<Counted> {
    let count_one = |length| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--branch-sim=yes"]);
        valgrind.arg("--cachegrind-out-file=/dev/null");
        valgrind.arg(std::env::current_exe().ok()?);
        let (stdout, stderr) = child(valgrind, name, length)?;
        // Names stand in columns, so that how much space is between their words differs.
        let figure = |what: &[&str]| -> Option<f64> {
            let named = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let place = words.windows(what.len()).position(|name| name == what)?;
                words.get(place + what.len()).map(|number| number.replace(',', ""))
            };
            stderr.lines().find_map(named)?.parse().ok()
        };
        let operations = Measured::parse(&stdout)?.operations as f64;
        Some([operations, figure(&["I", "refs:"])?, figure(&["Mispredicts:"])?])
    };
    let (short, long) = (count_one(length)?, count_one(2 * length)?);
    let operations = long[0] - short[0];
    Some(Counted {
        instructions: (long[1] - short[1]) / operations,
        branch_misses: (long[2] - short[2]) / operations,
    })
}

fn child(mut program: Command, name: &str, length: u64) -> Option<(String, String)> {
    let output = program
        .args(["--measure", name, "--length", &length.to_string()])
        .output()
        .ok()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        eprintln!("{name}: {}", text(&output.stderr));
        return None;
    }
    Some((text(&output.stdout), text(&output.stderr)))
}
