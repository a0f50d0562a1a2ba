use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::common_args::When;
use crate::simulation::Pace;
use crate::units::{SimTime, Span};

/// Runs shorter than this show no bar.
const PATIENCE: Duration = Duration::from_secs(1);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C stops runs cleanly; a second one ends the process at once.
pub(super) fn catch_interrupts() {
    // Without a handler the operating system's own one still ends the process with 130.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether Ctrl-C was pressed.
pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The bars of one command.
pub(super) struct Bars {
    bars: MultiProgress,
    when: When,
}

impl Bars {
    pub fn new(when: When) -> Bars {
        let target = if when == When::Never {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Bars {
            bars: MultiProgress::with_draw_target(target),
            when,
        }
    }

    /// A bar for a run that ends at `horizon`; removed when it is dropped.
    pub fn bar(&self, name: &str, horizon: SimTime) -> Bar {
        let bar = ProgressBar::hidden();
        bar.set_length(horizon.as_micros().max(1));
        bar.set_message(name.to_owned());
        let style = ProgressStyle::with_template("{msg} {bar:30} {percent} % · {pace} · {eta} left");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("pace", |state: &ProgressState, out: &mut dyn Write| {
            let simulated = Span::from_micros(state.per_sec() as u64);
            // A bar that cannot be written is no reason to stop.
            let _ = write!(out, "{simulated} a second");
        }));
        let patience = if self.when == When::Always {
            Duration::ZERO
        } else {
            PATIENCE
        };
        Bar {
            bar,
            bars: self.bars.clone(),
            patience,
            shown: false,
        }
    }
}

impl Bars {
    /// A bar for many runs, `done` of which have been there before.
    pub fn count(&self, name: &str, runs: u64, done: u64) -> Count {
        let bar = ProgressBar::hidden();
        bar.set_length(runs);
        bar.set_message(name.to_owned());
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos} of {len} · {per_sec} · {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(done);
        bar.reset_eta();
        Count {
            bar: self.bars.add(bar),
        }
    }
}

/// Progress of many runs.
pub(super) struct Count {
    bar: ProgressBar,
}

impl Count {
    /// One more run is over.
    pub fn add(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Stops runs after Ctrl-C, without a bar of their own.
pub(super) struct UntilInterrupted;

impl Pace for UntilInterrupted {
    fn reached(&mut self, _now: SimTime) -> bool {
        !interrupted()
    }
}

/// Progress of one run.
pub(super) struct Bar {
    bar: ProgressBar,
    bars: MultiProgress,
    patience: Duration,
    shown: bool,
}

impl Pace for Bar {
    fn reached(&mut self, now: SimTime) -> bool {
        if !self.shown && self.bar.elapsed() >= self.patience {
            self.shown = true;
            self.bar = self.bars.add(self.bar.clone());
        }
        self.bar.set_position(now.as_micros());
        !interrupted()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
