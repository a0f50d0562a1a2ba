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
use crate::lambda::Platform;
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
    let function = |source: &SourceConfig| plan.flows[source.flow.index()].function;
    let stays = |source: &SourceConfig| {
        let mut flows = source.changes.iter().map(|change| change.flow);
        let one = flows.all(|flow| plan.flows[flow.index()].function == function(source));
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

/// Takes the platform from its start to the plan's horizon.
pub(super) fn drive<O: Observer>(
    plan: &Plan,
    platform: &mut Platform,
    watchers: &mut O,
    pace: &mut dyn Pace,
) -> Result<(), Stop> {
    platform.take_apart();
    let mut cells = cells(plan, platform).into_iter().peekable();
    let functions = cells.len();
    let mut blocks = Vec::new();
    while cells.peek().is_some() {
        let cells: Vec<Cell> = cells.by_ref().take(TOGETHER).collect();
        let due = SimTime::ZERO;
        blocks.push(Block { cells, due });
    }
    let mut run = Run {
        one_source_each: functions == plan.sources.len(),
        functions,
        blocks,
        platform,
        watchers,
        pace,
        span: FIRST_WINDOW,
    };
    let (warm_up, horizon) = (SimTime::ZERO + plan.warm_up, plan.horizon());
    let mut from = SimTime::ZERO;
    loop {
        if from == warm_up {
            run.platform.begin_window(warm_up, run.watchers);
        }
        if from >= horizon {
            return Ok(());
        }
        from = run.window(from, warm_up, horizon)?;
    }
}

/// Functions in the order of their first sources.
fn cells(plan: &Plan, platform: &Platform) -> Vec<Cell> {
    let mut places = vec![None; plan.functions.len()];
    let mut called: Vec<(FunctionId, Vec<&SourceConfig>)> = Vec::new();
    for source in &plan.sources {
        let function = plan.flows[source.flow.index()].function;
        let place = *places[function.index()].get_or_insert(called.len());
        if place == called.len() {
            called.push((function, Vec::new()));
        }
        called[place].1.push(source);
    }
    let cell = |(function, sources): (FunctionId, Vec<&SourceConfig>)| {
        let flow = sources[0].flow;
        let mut arrivals = Arrivals::new(sources);
        arrivals.sample_ahead(|flow| platform.plain_durations(flow));
        let due = arrivals.peek().map_or(SimTime::MAX, |arrival| arrival.time);
        Cell {
            function,
            flow,
            arrivals,
            agenda: Agenda::default(),
            due,
        }
    };
    called.into_iter().map(cell).collect()
}

/// All that takes part in a run.
struct Run<'a, O> {
    platform: &'a mut Platform,
    functions: usize,
    blocks: Vec<Block>,
    /// Then functions come in the order of their arrivals of one instant.
    one_source_each: bool,
    watchers: &'a mut O,
    pace: &'a mut dyn Pace,
    /// Length of a window.
    span: Span,
}

impl<O: Observer> Run<'_, O> {
    /// Everything from `from` to the end of the next window, which is returned.
    fn window(&mut self, from: SimTime, warm_up: SimTime, horizon: SimTime) -> Result<SimTime, Stop> {
        if self.watchers.next_cut() <= from {
            self.watchers.cut(from);
        }
        let edges = [
            self.watchers.apart_until(from),
            from.saturating_add(self.span.min(SlotSteps::LONGEST)),
            if from < warm_up { warm_up } else { horizon },
        ];
        let until = edges.into_iter().fold(horizon, SimTime::min);
        self.platform.begin_cells(from, self.one_source_each);
        self.watchers.begin_cells(from, until);
        let arrivals = self.visit(from, until);
        let granted = self.platform.book_requests();
        let slots = self.platform.end_cells().filter(|_| granted).ok_or(Stop::Uncertified)?;
        self.watchers.end_cells(&slots);
        self.platform.put_slots_away(slots);
        self.fit_span(until.since(from), arrivals);
        self.pace.reached(until).then_some(until).ok_or(Stop::Pace)
    }

    /// Each function in turn from `from` to `until`; returns how many arrivals there were.
    fn visit(&mut self, from: SimTime, until: SimTime) -> u64 {
        let mut served = 0;
        let mut due: Vec<usize> = Vec::with_capacity(TOGETHER);
        for block in self.blocks.iter_mut().filter(|block| block.due < until) {
            due.clear();
            due.extend((0..block.cells.len()).filter(|place| block.cells[*place].due < until));
            for (number, place) in due.iter().enumerate() {
                for (turn, coming) in Turn::ALL.into_iter().zip(&due[number + 1..]) {
                    block.cells[*coming].prefetch(turn, self.platform, self.watchers);
                }
                served += block.cells[*place].run(from, until, self.platform, self.watchers);
            }
            block.due = block.cells.iter().map(|cell| cell.due).min().unwrap_or(SimTime::MAX);
        }
        served
    }

    /// Makes windows longer or shorter, so that they have as many arrivals as they should.
    fn fit_span(&mut self, length: Span, arrivals: u64) {
        let wanted = (self.functions as u64 * ARRIVALS_PER_FUNCTION).clamp(FEWEST_ARRIVALS, MOST_ARRIVALS);
        if arrivals > wanted * 2 {
            self.span = Span::from_micros((length.as_micros() / 2).max(1));
        } else if arrivals < wanted / 2 && length == self.span {
            self.span = Span::from_micros(length.as_micros().saturating_mul(2));
        }
    }
}

impl Cell {
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
        platform.advance_to(SimTime::from_micros(until.as_micros() - 1), watchers);
        let next = self.arrivals.peek().map_or(SimTime::MAX, |arrival| arrival.time);
        self.due = platform.leave(until, &mut self.agenda, watchers).min(next);
        served
    }
}
