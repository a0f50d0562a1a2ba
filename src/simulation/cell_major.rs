//! The cell-major driver: functions run one after another, window by window, as if the account never refused anything; then its
//! requests and slots are put in order and it is asked whether it would have (ARCHITECTURE.md, "Two drivers, one result").
//!
//! What a function touches stays at hand while it runs, and its plain arrivals come in trains: with many functions a run
//! takes a fraction of the time. Where the account would have refused something the whole run is made again in order; no
//! result tells which driver it came from.

use super::Plan;
use super::pace::{Pace, Stop};
use super::serve::serve_next;
use crate::facts::{FlowId, FunctionId, Observer, SlotSteps, Turn};
use crate::kernel::Agenda;
use crate::lambda::{Certificate, Peak, Platform, shared_senders};
use crate::units::{SimTime, Span};
use crate::workload::{Arrivals, Process, SourceConfig};

/// Arrivals that a window should have: so many for each function that it visits, within bounds. Fewer, and to come to a function
/// costs more than what it does there; more, and the account's slots do not fit into the processor's caches.
const ARRIVALS_PER_FUNCTION: u64 = 64;
const FEWEST_ARRIVALS: u64 = 1 << 16;
const MOST_ARRIVALS: u64 = 1 << 21;
/// Functions that are passed over together where none of them has anything to do in a window.
const TOGETHER: usize = 64;
/// Length of the first window.
const FIRST_WINDOW: Span = Span::from_secs(1);

/// Whether there are several functions that meet only in the account's limits, and nobody acts or looks on while they run. Asked
/// before anything is built for a run.
pub(super) fn fits(plan: &Plan) -> bool {
    let acts = !plan.change_steps.is_empty() || !plan.control.is_empty() || !plan.billing.budgets.is_empty();
    !acts && plan.functions.len() > 1 && plan.parts().fall_apart() && sources_fall_apart(plan)
}

/// Whether each source sends to one function only.
fn sources_fall_apart(plan: &Plan) -> bool {
    let stays = |source: &SourceConfig| {
        let mut flows = source.changes.iter().map(|change| change.flow);
        let one = flows.all(|flow| plan.flows[flow.index()].function == function_of(plan, source));
        let processes = source.changes.iter().filter_map(|change| change.process.as_ref());
        let spread = |process: &Process| matches!(process, Process::Trace(_));
        one && !std::iter::once(&source.process).chain(processes).any(spread)
    };
    plan.sources.iter().all(stays)
}

/// One function, its arrivals and its events.
struct Cell {
    function: FunctionId,
    /// That of its first source.
    flow: FlowId,
    arrivals: Arrivals,
    agenda: Agenda,
    /// Nothing of it happens before.
    due: SimTime,
}

/// Some functions that follow each other; nothing of any of them happens before `due`.
struct Block {
    cells: Vec<Cell>,
    due: SimTime,
}

/// Takes the platform from its start to the plan's horizon; returns the busiest second of the account's request rate.
pub(super) fn drive<O: Observer>(
    plan: &Plan,
    platform: &mut Platform,
    watchers: &mut O,
    pace: &mut dyn Pace,
) -> Result<Peak, Stop> {
    let mut cells = Cells::of(plan, platform, shared_senders(plan.traffic.len(), &plan.flows));
    let functions = cells.functions();
    let (mut windows, mut certificate) = (Windows::of(plan, functions), certificate(plan, functions));
    loop {
        certificate.reach(windows.from);
        if windows.begin_to_count() {
            platform.begin_window(windows.from, watchers);
        }
        let Some(window) = windows.next(watchers) else {
            return Ok(certificate.requests());
        };
        let arrivals = cells.visit(&window, platform, watchers);
        let mut ledger = platform.end_cells();
        let slots = certificate.grants(&mut ledger).ok_or(Stop::Uncertified)?;
        watchers.end_cells(slots);
        platform.put_away(ledger);
        windows.end(&window, arrivals, pace)?;
    }
}

/// What holds windows of a plan against the account's limits, where so many functions are called.
pub(super) fn certificate(plan: &Plan, functions: usize) -> Certificate {
    // Then functions come in the order of their arrivals of one instant.
    let one_source_each = functions == plan.sources.len();
    Certificate::new(&plan.parts(), SimTime::ZERO + plan.warm_up, one_source_each)
}

/// All sources, those of one function together: functions in the order of their first sources.
pub(super) fn by_function(plan: &Plan) -> Vec<&SourceConfig> {
    let mut first = vec![None; plan.functions.len()];
    for (number, source) in plan.sources.iter().enumerate() {
        first[function_of(plan, source).index()].get_or_insert(number);
    }
    let mut sources: Vec<&SourceConfig> = plan.sources.iter().collect();
    sources.sort_by_key(|source| first[function_of(plan, source).index()]);
    sources
}

/// Functions that are called, each with its sources, which stand as [`by_function`] puts them.
pub(super) fn called<'s, 'p>(
    plan: &'s Plan,
    sources: &'s [&'p SourceConfig],
) -> impl Iterator<Item = (FunctionId, &'s [&'p SourceConfig])> {
    let groups = sources.chunk_by(|one, other| function_of(plan, one) == function_of(plan, other));
    groups.map(|group| (function_of(plan, group[0]), group))
}

/// A part of the run's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: SimTime,
    until: SimTime,
}

impl Window {
    /// Where it begins, and the first instant after it.
    pub fn edges(&self) -> (SimTime, SimTime) {
        (self.from, self.until)
    }
}

/// The windows of a run.
pub(super) struct Windows {
    /// Where the next one begins.
    from: SimTime,
    warm_up: SimTime,
    horizon: SimTime,
    /// How long it may be.
    span: Span,
    /// Arrivals that it should have.
    wanted: u64,
}

impl Windows {
    /// Those of a plan where so many functions are called.
    pub fn of(plan: &Plan, functions: usize) -> Windows {
        let wanted = functions as u64 * ARRIVALS_PER_FUNCTION;
        Windows {
            from: SimTime::ZERO,
            warm_up: SimTime::ZERO + plan.warm_up,
            horizon: plan.horizon(),
            span: FIRST_WINDOW,
            wanted: wanted.clamp(FEWEST_ARRIVALS, MOST_ARRIVALS),
        }
    }

    /// Whether gauges begin where the next window does.
    pub fn begin_to_count(&self) -> bool {
        self.from == self.warm_up
    }

    /// The next one, as far as `watchers` let functions be told one after another.
    pub fn next(&self, watchers: &impl Observer) -> Option<Window> {
        let edge = if self.from < self.warm_up {
            self.warm_up
        } else {
            self.horizon
        };
        let longest = self.from.saturating_add(self.span.min(SlotSteps::LONGEST));
        (self.from < self.horizon).then(|| Window {
            from: self.from,
            until: longest.min(edge).min(watchers.apart_until(self.from)),
        })
    }

    /// A window with so many arrivals is over. The next one is longer or shorter, so that it has as many as it should.
    pub fn end(&mut self, window: &Window, arrivals: u64, pace: &mut dyn Pace) -> Result<(), Stop> {
        let length = window.until.since(window.from);
        if arrivals > self.wanted * 2 {
            self.span = Span::from_micros((length.as_micros() / 2).max(1));
        } else if arrivals < self.wanted / 2 && length == self.span {
            self.span = Span::from_micros(length.as_micros().saturating_mul(2));
        }
        self.from = window.until;
        pace.reached(window.until).then_some(()).ok_or(Stop::Pace)
    }
}

fn function_of(plan: &Plan, source: &SourceConfig) -> FunctionId {
    plan.flows[source.flow.index()].function
}

/// All functions that are called.
pub(super) struct Cells(Vec<Block>);

impl Cells {
    /// Those of a plan or a part of one; `shared` are the senders that call several functions, maybe in other parts.
    pub fn of(plan: &Plan, platform: &mut Platform, shared: impl Iterator<Item = usize>) -> Cells {
        platform.take_apart(shared);
        let sources = by_function(plan);
        let cells = called(plan, &sources).map(|(function, sources)| Cell::of(function, sources, platform));
        let mut cells = cells.peekable();
        let mut blocks = Vec::new();
        while cells.peek().is_some() {
            // One that grew would leave its smaller selves behind between its functions, too large for what comes there.
            let mut block = Vec::with_capacity(TOGETHER);
            block.extend(cells.by_ref().take(TOGETHER));
            blocks.push(Block {
                cells: block,
                due: SimTime::ZERO,
            });
        }
        Cells(blocks)
    }

    /// How many functions are called.
    pub fn functions(&self) -> usize {
        self.0.iter().map(|block| block.cells.len()).sum()
    }

    /// Each function in turn through a window; returns how many arrivals there were.
    pub fn visit<O: Observer>(&mut self, window: &Window, platform: &mut Platform, watchers: &mut O) -> u64 {
        let (from, until) = (window.from, window.until);
        if watchers.next_cut() <= from {
            watchers.cut(from);
        }
        platform.begin_cells(from);
        watchers.begin_cells(from, until);
        let mut served = 0;
        let mut due: Vec<usize> = Vec::with_capacity(TOGETHER);
        for block in self.0.iter_mut().filter(|block| block.due < until) {
            due.clear();
            due.extend((0..block.cells.len()).filter(|place| block.cells[*place].due < until));
            for (number, place) in due.iter().enumerate() {
                for (turn, coming) in Turn::ALL.into_iter().zip(&due[number + 1..]) {
                    block.cells[*coming].prefetch(turn, platform, watchers);
                }
                served += block.cells[*place].run(from, until, platform, watchers);
            }
            block.due = block.cells.iter().map(|cell| cell.due).min().unwrap_or(SimTime::MAX);
        }
        served
    }
}

impl Cell {
    /// That of a function with these sources.
    fn of(function: FunctionId, sources: &[&SourceConfig], platform: &Platform) -> Cell {
        let mut arrivals = Arrivals::new(sources.iter().copied());
        arrivals.sample_ahead(|flow| platform.plain_durations(flow));
        let due = arrivals.peek().map_or(SimTime::MAX, |arrival| arrival.time);
        Cell {
            function,
            flow: sources[0].flow,
            arrivals,
            agenda: Agenda::default(),
            due,
        }
    }

    /// What it takes is asked for ahead, since a function's state, of which there may be a million, lies in a hundred places far from
    /// the processor. Others run meanwhile.
    fn prefetch<O: Observer>(&self, turn: Turn, platform: &Platform, watchers: &mut O) {
        self.arrivals.prefetch(turn);
        if turn == Turn::Third {
            self.agenda.prefetch();
        }
        platform.coming(self.flow, self.function, turn, watchers);
    }

    /// From `from` to `until`; returns how many arrivals there were.
    fn run<O: Observer>(&mut self, from: SimTime, until: SimTime, platform: &mut Platform, watchers: &mut O) -> u64 {
        let mut served = 0;
        platform.enter(self.function, from, &mut self.agenda, watchers);
        while self.arrivals.peek().is_some_and(|arrival| arrival.time < until) {
            served += serve_next(platform, &mut self.arrivals, until, watchers) as u64;
        }
        platform.advance_to(until.just_before(), watchers);
        let next = self.arrivals.peek().map_or(SimTime::MAX, |arrival| arrival.time);
        self.due = platform.leave(until, &mut self.agenda, watchers).min(next);
        served
    }
}
