//! The cell-major driver on several threads: parts of the account, each with functions, a platform and listeners of its own, go
//! through a window at the same time. What they have in common, the account's limits and its datapoints, is joined after each window;
//! so the result is that of one part alone (ARCHITECTURE.md, "Two drivers, one result").

use super::Plan;
use super::cell_major::{Cells, Window, Windows, certificate};
use super::divide::{Division, divide};
use super::listeners::{Heard, Seldom, meter, recorder_config};
use super::pace::{Pace, Stop};
use super::result::{ClosedBooks, Finished, RunResult};
use super::serve::platform;
use crate::control::Monitor;
use crate::facts::Observer;
use crate::kernel::{Crew, Job, each};
use crate::lambda::{self, Certificate, FunctionPeaks, Ledger, Peak, Peaks, Platform};
use crate::metrics::{Members, Recorder, RecorderConfig, Scope, Sink, Told};
use crate::pricing::BudgetMeter;
use crate::units::SimTime;

/// A part of the account on its way.
struct Part<'a> {
    members: Members,
    platform: Platform,
    cells: Cells,
    listeners: Listeners<'a>,
    /// Of the window that is over.
    arrivals: u64,
    ledger: Ledger,
    told: Told,
}

/// Who hears of a part.
struct Listeners<'a> {
    recorder: Recorder<'a>,
    meter: BudgetMeter,
}

impl Listeners<'_> {
    /// They hear what `act` tells: of the type by which all runs are told, so that a program holds the core loop once.
    fn hear<T>(&mut self, act: impl FnOnce(&mut (Option<Monitor>, &mut Heard<'_, '_, '_>)) -> T) -> T {
        let mut heard = (
            (&mut self.recorder, (&mut self.meter, None::<Seldom>)),
            None::<&mut dyn Observer>,
        );
        act(&mut (None, &mut heard))
    }
}

impl<'a> Part<'a> {
    fn new(Division { plan, members }: Division, whole: &Plan, shared: &[bool], sink: &'a mut dyn Sink) -> Part<'a> {
        let mut config = recorder_config(&plan);
        config.scope = Scope::Part(members.clone(), whole.functions.len());
        let mut listeners = Listeners {
            recorder: Recorder::new(config, sink),
            meter: BudgetMeter::new(plan.start, meter(&plan), &plan.billing),
        };
        let mut platform = listeners.hear(|heard| platform(&plan, heard));
        let shared_here = (0..members.traffic.len()).filter(|place| shared[members.traffic[*place].index()]);
        Part {
            cells: Cells::of(&plan, &mut platform, shared_here),
            members,
            platform,
            listeners,
            arrivals: 0,
            ledger: Ledger::default(),
            told: Told::default(),
        }
    }

    fn begin_to_count(&mut self, now: SimTime) {
        let platform = &mut self.platform;
        self.listeners.hear(|heard| platform.begin_window(now, heard));
    }

    fn visit(&mut self, window: &Window) {
        let (cells, platform) = (&mut self.cells, &mut self.platform);
        self.arrivals = self.listeners.hear(|heard| cells.visit(window, platform, heard));
        self.ledger = self.platform.end_cells();
        self.told = self.listeners.recorder.end_part();
    }

    fn close(mut self, horizon: SimTime) -> Closed<'a> {
        let platform = self.platform;
        let peaks = platform.peaks();
        let unanswered = self.listeners.hear(|heard| platform.close(horizon, heard));
        self.listeners.recorder.close(&unanswered);
        Closed {
            members: self.members,
            listeners: self.listeners,
            peaks,
        }
    }
}

/// A part whose run is over.
struct Closed<'a> {
    members: Members,
    listeners: Listeners<'a>,
    peaks: Peaks,
}

/// One run of a plan that falls apart, in at most so many parts.
pub(super) fn run_parts(
    plan: &Plan,
    sink: &mut dyn Sink,
    pace: &mut dyn Pace,
    crew: &dyn Crew,
    parts: usize,
) -> Result<RunResult, Stop> {
    let divisions = divide(plan, parts);
    let shared = shared_senders(plan);
    let mut nowhere = vec![(); divisions.len()];
    let jobs = divisions.into_iter().zip(&mut nowhere);
    let mut parts = each(crew, jobs, |(division, nowhere)| {
        Part::new(division, plan, &shared, nowhere)
    });
    let mut recorder = Recorder::new(
        RecorderConfig {
            scope: Scope::Joined,
            ..recorder_config(plan)
        },
        sink,
    );
    let requests = drive(plan, &mut parts, &mut recorder, pace, crew)?;
    let closed = each(crew, parts, |part| part.close(plan.horizon()));
    let mut meter = BudgetMeter::new(plan.start, meter(plan), &plan.billing);
    let mut peaks = Peaks {
        requests,
        functions: vec![FunctionPeaks::default(); plan.functions.len()],
        ..closed.first().map_or_else(Peaks::default, |part| part.peaks.clone())
    };
    let mut recorders = Vec::with_capacity(closed.len());
    for Closed {
        members,
        listeners,
        peaks: own,
    } in closed
    {
        for (function, own) in members.functions.iter().zip(own.functions) {
            peaks.functions[function.index()] = own;
        }
        meter.take_in(listeners.meter, &members.functions);
        recorders.push(listeners.recorder);
    }
    let books = ClosedBooks::of(meter, || recorder.finish_joined(recorders, crew), plan, crew);
    Ok(Finished::uncontrolled(books, peaks).result(plan))
}

/// Takes all parts from the start to the plan's horizon; returns the busiest second of the account's request rate. While they go
/// through a window the books of the one before are closed: should the account have refused something, all was in vain anyway.
fn drive(
    plan: &Plan,
    parts: &mut [Part<'_>],
    recorder: &mut Recorder<'_>,
    pace: &mut dyn Pace,
    crew: &dyn Crew,
) -> Result<Peak, Stop> {
    let functions = parts.iter().map(|part| part.cells.functions()).sum();
    let mut windows = Windows::of(plan, functions);
    let mut books = Books::of(certificate(plan, functions), recorder);
    loop {
        if windows.begin_to_count() {
            let warm_up = SimTime::ZERO + plan.warm_up;
            parts.iter_mut().for_each(|part| part.begin_to_count(warm_up));
        }
        let window = parts.first().and_then(|part| windows.next(&part.listeners.recorder));
        let Some(window) = window else {
            books.close();
            return books.finish(plan.horizon());
        };
        let close = Box::new(|| books.close()) as Job<'_>;
        let visits = parts
            .iter_mut()
            .map(|part| Box::new(move || part.visit(&window)) as Job<'_>);
        crew.work(std::iter::once(close).chain(visits).collect());
        if books.refused {
            return Err(Stop::Uncertified);
        }
        books.open(window, parts);
        windows.end(&window, parts.iter().map(|part| part.arrivals).sum(), pace)?;
    }
}

/// What a part has to tell of a window.
type Written = (Ledger, Told);

/// What all parts have in common.
struct Books<'a, 'b> {
    certificate: Certificate,
    recorder: &'a mut Recorder<'b>,
    /// The window that all parts have come through, with what each has to tell of it.
    open: Option<(Window, Vec<Written>)>,
    /// All that stands in those ledgers, and the memory of those of the window before.
    all: Ledger,
    spare: Vec<Ledger>,
    /// Whether the account would have refused something.
    refused: bool,
}

impl<'a, 'b> Books<'a, 'b> {
    fn of(certificate: Certificate, recorder: &'a mut Recorder<'b>) -> Books<'a, 'b> {
        Books {
            certificate,
            recorder,
            open: None,
            all: Ledger::default(),
            spare: Vec::new(),
            refused: false,
        }
    }

    fn open(&mut self, window: Window, parts: &mut [Part<'_>]) {
        let written = |part: &mut Part<'_>| {
            let written = (std::mem::take(&mut part.ledger), std::mem::take(&mut part.told));
            self.spare
                .pop()
                .into_iter()
                .for_each(|spare| part.platform.put_away(spare));
            written
        };
        self.open = Some((window, parts.iter_mut().map(written).collect()));
    }

    /// Puts together what parts have done in the window that is open, if one is.
    fn close(&mut self) {
        let Some((window, written)) = self.open.take() else {
            return;
        };
        let (from, _) = window.edges();
        let (ledgers, told): (Vec<_>, Vec<_>) = written.into_iter().unzip();
        self.all.gather(ledgers.iter());
        self.spare = ledgers;
        self.certificate.reach(from);
        match self.certificate.grants(&mut self.all) {
            Some(slots) => self.recorder.join(window.edges(), slots, told.into_iter()),
            None => self.refused = true,
        }
    }

    /// The busiest second of the account's request rate, in a run that has come to its `horizon`.
    fn finish(mut self, horizon: SimTime) -> Result<Peak, Stop> {
        self.certificate.reach(horizon);
        (!self.refused)
            .then(|| self.certificate.requests())
            .ok_or(Stop::Uncertified)
    }
}

/// By traffic entry, whether it calls several functions.
fn shared_senders(plan: &Plan) -> Vec<bool> {
    let mut shared = vec![false; plan.traffic.len()];
    lambda::shared_senders(plan.traffic.len(), &plan.flows).for_each(|place| shared[place] = true);
    shared
}
