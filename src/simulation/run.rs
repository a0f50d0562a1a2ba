use super::Plan;
use super::cell_major;
use super::continued::Continued;
use super::listeners::{Heard, meter, recorder_config, seldom};
use super::pace::{Onward, Pace, Stop};
use super::parts::run_parts;
use super::result::{ClosedBooks, Finished, RunResult};
use super::serve::{platform, serve_next};
use crate::control::{Act, Changes, ControlSummary, Controller};
use crate::facts::{Call, Observer};
use crate::kernel::{Crew, PARTS_PER_HAND};
use crate::lambda::{Peaks, Platform};
use crate::metrics::{Recorder, Sink};
use crate::pricing::BudgetMeter;
use crate::units::{SimTime, Span};
use crate::workload::{Arrivals, SourceConfig};

/// Arrivals between two looks at the [`Pace`].
const PACE_ARRIVALS: usize = 16_384;

/// One run from an empty platform to the plan's horizon. `sink` gets datapoints as they are complete, `extra` hears
/// everything that the built-in listeners hear. `None` only where `pace` stopped it.
///
/// `extra` is of one type for all callers, so that a program holds the core loop once, with its listeners inlined.
pub fn simulate(
    plan: &Plan,
    sink: &mut dyn Sink,
    extra: Option<&mut dyn Observer>,
    pace: &mut dyn Pace,
) -> Option<RunResult> {
    simulate_by(plan, sink, extra, pace, &())
}

/// The same by a crew, which may work at several parts of the run at once.
pub fn simulate_by(
    plan: &Plan,
    sink: &mut dyn Sink,
    extra: Option<&mut dyn Observer>,
    pace: &mut dyn Pace,
    crew: &dyn Crew,
) -> Option<RunResult> {
    let (mut sink, mut pace) = (Continued::of(sink), Onward::of(pace));
    // Others want to hear of everything in the order in which it happens.
    if extra.is_none() && cell_major::fits(plan) {
        let work: u64 = plan.sources.iter().map(SourceConfig::roughly).sum();
        let parts = match crew.hands() {
            1 => 1,
            hands => (hands * PARTS_PER_HAND).min((work / LEAST_PART) as usize),
        };
        match run_apart(plan, &mut sink, &mut pace, crew, parts) {
            Err(Stop::Uncertified) => sink.begin_again(),
            ended => return ended.ok(),
        }
    }
    run(plan, &mut sink, extra, &mut pace, Driver::Ordered, crew).ok()
}

/// The same by the cell-major driver alone, in so many parts: `None` where functions meet elsewhere than in the account's limits, or
/// where these would refuse something. For comparison: [`simulate_by`] takes it wherever it does.
pub fn simulate_cell_major(plan: &Plan, sink: &mut dyn Sink, crew: &dyn Crew, parts: usize) -> Option<RunResult> {
    let fits = cell_major::fits(plan);
    fits.then(|| run_apart(plan, sink, &mut (), crew, parts).ok()).flatten()
}

/// With fewer arrivals a part of a run costs more than it saves.
const LEAST_PART: u64 = 50_000;

fn run_apart(
    plan: &Plan,
    sink: &mut dyn Sink,
    pace: &mut dyn Pace,
    crew: &dyn Crew,
    parts: usize,
) -> Result<RunResult, Stop> {
    // Meters of services beside Lambda hear of all functions together.
    if parts > 1 && seldom(plan).is_none() {
        run_parts(plan, sink, pace, crew, parts)
    } else {
        run(plan, sink, None, pace, Driver::CellMajor, crew)
    }
}

/// In which order functions are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// All together, by time.
    Ordered,
    /// One after another, window by window.
    CellMajor,
}

fn run(
    plan: &Plan,
    sink: &mut dyn Sink,
    extra: Option<&mut dyn Observer>,
    pace: &mut dyn Pace,
    driver: Driver,
    crew: &dyn Crew,
) -> Result<RunResult, Stop> {
    let mut recorder = Recorder::new(recorder_config(plan), sink);
    let mut budget_meter = BudgetMeter::new(plan.start, meter(plan), &plan.billing);
    let mut heard: Heard<'_, '_, '_> = ((&mut recorder, (&mut budget_meter, seldom(plan))), extra);
    let mut changes = Changes::new(&plan.change_steps);
    let (Driven { unanswered, peaks }, control) = drive_with_control(plan, &mut changes, &mut heard, pace, driver)?;
    let ((_, (_, seldom)), _) = heard;
    let finished = Finished {
        books: ClosedBooks::of(budget_meter, || recorder.finish(&unanswered, crew), plan, crew),
        seldom: seldom.unwrap_or_default(),
        control,
        refused_changes: changes.finish(),
        peaks,
    };
    Ok(finished.result(plan))
}

/// One run of a plan for somebody who follows arrivals through it; nothing is counted, nothing billed. `pace` is asked
/// whether to go on. Ends the run where the plan does; returns whether it came to that.
///
/// The core loop is compiled once more for each kind of listener that this is used with.
pub fn replay<O: Observer>(plan: &Plan, listener: &mut O, pace: &mut dyn Pace) -> bool {
    let mut changes = Changes::new(&plan.change_steps);
    drive_with_control(plan, &mut changes, listener, pace, Driver::Ordered).is_ok()
}

/// Takes the platform from its start to the plan's horizon, with whoever acts on it; returns what it tells at its end, and
/// what was done.
fn drive_with_control<O: Observer>(
    plan: &Plan,
    changes: &mut Changes,
    watchers: &mut O,
    pace: &mut dyn Pace,
    driver: Driver,
) -> Result<(Driven, ControlSummary), Stop> {
    let reserved = plan.functions.iter().map(|function| function.reserved).collect();
    let (mut controller, monitor) = Controller::new(&plan.control, reserved);
    let mut acting = (changes, &mut controller);
    let watchers = &mut (monitor, watchers);
    let driven = match driver {
        Driver::Ordered => drive(plan, &mut acting, watchers, pace),
        Driver::CellMajor => drive_cells(plan, watchers, pace),
    }?;
    Ok((driven, controller.finish(plan.horizon())))
}

/// What the platform tells at its end.
struct Driven {
    /// Arrivals without final answer.
    unanswered: Vec<Call>,
    peaks: Peaks,
}

impl Driven {
    fn of<O: Observer>(platform: Platform, horizon: SimTime, watchers: &mut O) -> Driven {
        Driven {
            peaks: platform.peaks(),
            unanswered: platform.close(horizon, watchers),
        }
    }
}

/// Takes the platform from its start to the plan's horizon.
fn drive<O: Observer, A: Act<O>>(
    plan: &Plan,
    control: &mut A,
    watchers: &mut O,
    pace: &mut dyn Pace,
) -> Result<Driven, Stop> {
    let mut platform = platform(plan, watchers);
    let mut arrivals = Arrivals::new(&plan.sources);
    if plan.change_steps.is_empty() && plan.control.is_empty() {
        platform.tell_in_sums(watchers);
        arrivals.sample_ahead(|flow| platform.plain_durations(flow));
    }
    let mut run = Run {
        platform,
        arrivals,
        control,
        watchers,
        pace,
    };
    let (warm_up, traffic_end) = (SimTime::ZERO + plan.warm_up, SimTime::ZERO + plan.duration);
    let horizon = plan.horizon();
    let whole = run.whole(warm_up, traffic_end, horizon);
    whole.ok_or(Stop::Pace)?;
    Ok(Driven::of(run.platform, horizon, run.watchers))
}

/// The same with functions one after another.
fn drive_cells<O: Observer>(plan: &Plan, watchers: &mut O, pace: &mut dyn Pace) -> Result<Driven, Stop> {
    let mut platform = platform(plan, watchers);
    let requests = cell_major::drive(plan, &mut platform, watchers, pace)?;
    let mut driven = Driven::of(platform, plan.horizon(), watchers);
    driven.peaks.requests = requests;
    Ok(driven)
}

/// All that takes part in a run.
struct Run<'a, O, A> {
    platform: Platform,
    arrivals: Arrivals,
    control: &'a mut A,
    watchers: &'a mut O,
    pace: &'a mut dyn Pace,
}

impl<O: Observer, A: Act<O>> Run<'_, O, A> {
    fn whole(&mut self, warm_up: SimTime, traffic_end: SimTime, horizon: SimTime) -> Option<()> {
        self.until(warm_up)?;
        self.platform.begin_window(warm_up, self.watchers);
        self.until(traffic_end)?;
        self.drain(traffic_end, horizon)
    }

    /// Everything before `end`, piecewise where somebody acts in between.
    fn until(&mut self, end: SimTime) -> Option<()> {
        while let Some(now) = self.control.next_due().filter(|due| *due < end) {
            self.piece(now)?;
            self.platform.advance_to_actions(now, self.watchers);
            self.control.act(now, &mut self.platform, self.watchers);
        }
        self.piece(end)
    }

    /// The core loop: every arrival before `end`, each after everything due up to its instant, then what else is due
    /// before `end`.
    fn piece(&mut self, end: SimTime) -> Option<()> {
        let mut since_pace = 0;
        while let Some(arrival) = self.arrivals.peek().filter(|arrival| arrival.time < end) {
            let now = arrival.time;
            for (turn, coming) in self.arrivals.coming() {
                self.platform.called_soon(coming.flow, turn, self.watchers);
            }
            since_pace += serve_next(&mut self.platform, &mut self.arrivals, end, self.watchers);
            if since_pace >= PACE_ARRIVALS {
                since_pace = 0;
                self.pace.reached(now).then_some(())?;
            }
        }
        self.advance_before(end);
        self.pace.reached(end).then_some(())
    }

    /// Lets the platform work off what waits, without new arrivals.
    fn drain(&mut self, from: SimTime, end: SimTime) -> Option<()> {
        let step = Span::from_secs(600);
        let mut now = from;
        while now < end {
            now = (now + step).min(end);
            self.until(now)?;
        }
        Some(())
    }

    /// Nothing due at the end of a window happens in it (contract §2.5).
    fn advance_before(&mut self, end: SimTime) {
        if let Some(last) = end.as_micros().checked_sub(1) {
            self.platform.advance_to(SimTime::from_micros(last), self.watchers);
        }
    }
}
