//! The admission order (lambda-model §3.5), check by check, with the numbers that each of them saw.

use super::line::Line;
use super::names::Names;
use super::words::{exact, grouped, percent};
use crate::facts::{Attempt, Cause, ErrorCode, IdleEnvironment, Look, ProvisionedRoom, Refusal, Room, StartKind};
use crate::lambda::EnvPick;

/// What became of an attempt that was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome<'a> {
    Ran(&'a Attempt),
    Refused(&'a Refusal),
}

impl Outcome<'_> {
    fn cause(self) -> Option<Cause> {
        match self {
            Outcome::Ran(_) => None,
            Outcome::Refused(refusal) if refusal.code != ErrorCode::TooManyRequests => None,
            // An event at reserved concurrency 0 is refused without being a throttle (ASYNC-9).
            Outcome::Refused(refusal) => Some(refusal.throttle.map_or(Cause::ReservedZero, |(_, cause)| cause)),
        }
    }

    /// The error of step 5 or 13, if one of them refused.
    fn error(self) -> Option<ErrorCode> {
        match self {
            Outcome::Refused(refusal) if refusal.code != ErrorCode::TooManyRequests => Some(refusal.code),
            _ => None,
        }
    }
}

/// One attempt on its way through the checks.
struct Checks<'a> {
    names: Names<'a>,
    look: &'a Look,
    outcome: Outcome<'a>,
    lines: Vec<Line>,
}

/// All checks that an attempt came to, up to the one that refused it.
pub(super) fn checks(names: Names, look: &Look, outcome: Outcome) -> Vec<Line> {
    let mut checks = Checks {
        names,
        look,
        outcome,
        lines: Vec::new(),
    };
    // `None` where a check refuses: nothing comes after it.
    let _ = checks.in_order();
    checks.lines
}

impl Checks<'_> {
    fn in_order(&mut self) -> Option<()> {
        self.version();
        self.state()?;
        self.reserved_zero()?;
        self.account_rate()?;
        self.reserved_rate()?;
        if self.provisioned() {
            return Some(());
        }
        self.growth()?;
        self.slot()?;
        if self.idle() {
            return Some(());
        }
        self.scaling()?;
        self.creation()
    }

    fn add(&mut self, step: u32, name: &str, said: String, rules: &[&'static str]) -> &mut Line {
        let text = format!("{step:>2} {name:<12} {said}");
        let line = Line::detail(self.look.time, "check", text, rules);
        self.lines
            .push(line.with("step", step).with("check", name).with("passed", true));
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    fn number(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        if let Some(line) = self.lines.last_mut() {
            line.numbers.insert(name.to_owned(), value.into());
        }
    }

    /// The last check refused.
    fn refused(&mut self) -> Option<()> {
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(": refused");
            line.numbers.insert("passed".to_owned(), false.into());
        }
        None
    }

    fn pass_unless(&mut self, refused: bool) -> Option<()> {
        if refused { self.refused() } else { Some(()) }
    }

    fn version(&mut self) {
        let (names, look) = (self.names, self.look);
        let address = names.address(look.function, look.qualifier);
        let chosen = names.version(look.function, look.version);
        let rules: &[&str] = match look.additional {
            Some(_) => &["ALIAS-3"],
            None => &["ALIAS-1"],
        };
        let said = match look.additional {
            Some((additional, share)) => format!(
                "{address} sends {} to {}: drawn {chosen}",
                percent(share.as_fraction()),
                names.version(look.function, additional)
            ),
            None if chosen == "$LATEST" => "$LATEST, as no qualifier is given".to_owned(),
            None => format!("{address} stands for {chosen}"),
        };
        self.add(4, "version", said, rules);
        self.number("version", names.plain_version(look.function, look.version));
        if let Some((additional, share)) = look.additional {
            self.number("additional_version", names.plain_version(look.function, additional));
            self.number("additional_weight", share.as_fraction());
        }
    }

    /// Step 5. Errors of creation come later.
    fn state(&mut self) -> Option<()> {
        let code = self.outcome.error().filter(|code| is_of_state(*code));
        let said = match code {
            Some(code) => format!("not Active, {} {}", code.status(), code.name()),
            None => "Active".to_owned(),
        };
        self.add(5, "state", said, &["STATE-1"]);
        self.pass_unless(code.is_some())
    }

    fn reserved_zero(&mut self) -> Option<()> {
        let reserved = self.look.slots.reserved;
        let said = match reserved {
            None => "no reserved concurrency, so it is not switched off".to_owned(),
            Some(0) => "reserved concurrency is 0, so the function is switched off".to_owned(),
            Some(reserved) => format!("reserved concurrency is {}, not 0", grouped(reserved.into())),
        };
        self.add(6, "reserved 0", said, &["CONC-5"]);
        self.number("reserved", reserved);
        self.pass_unless(reserved == Some(0))
    }

    fn account_rate(&mut self) -> Option<()> {
        if !self.look.rated {
            let said = "attempts at queued events are not counted".to_owned();
            self.add(7, "account rate", said, &["RPS-4"]);
            return Some(());
        }
        let room = self.look.account_rate;
        let said = rate(room, "the account's");
        self.add(7, "account rate", said, &["RPS-1", "RPS-5"]);
        self.room(room);
        self.pass_unless(self.outcome.cause() == Some(Cause::AccountRate))
    }

    fn reserved_rate(&mut self) -> Option<()> {
        let Some(room) = self.look.reserved_rate.filter(|_| self.look.rated) else {
            let said = if self.look.rated {
                "no reserved concurrency, so no rate of its own"
            } else {
                "attempts at queued events are not counted"
            };
            let rule = if self.look.rated { "RPS-2" } else { "RPS-4" };
            self.add(8, "own rate", said.to_owned(), &[rule]);
            return Some(());
        };
        let said = rate(room, "the function's own");
        self.add(8, "own rate", said, &["RPS-2", "RPS-5"]);
        self.room(room);
        self.pass_unless(self.outcome.cause() == Some(Cause::ReservedRate))
    }

    /// Step 9; whether it runs there.
    fn provisioned(&mut self) -> bool {
        let Some(room) = self.look.provisioned else {
            let address = self.names.address(self.look.function, self.look.qualifier);
            let said = format!("{address} has no provisioned concurrency");
            self.add(9, "provisioned", said, &["PC-3"]);
            return false;
        };
        let runs = matches!(self.outcome, Outcome::Ran(attempt) if attempt.start_kind == StartKind::Provisioned);
        let busy = format!(
            "{} of {} provisioned environments busy",
            grouped(room.busy.into()),
            grouped(room.ready.into())
        );
        let environment = match self.outcome {
            Outcome::Ran(attempt) if runs => {
                format!(
                    ", {}: runs in environment {}",
                    rate(room.rate, "its"),
                    attempt.environment
                )
            }
            _ => spill(room),
        };
        let rules: &[&str] = if runs { &["RPS-3"] } else { &["RPS-3", "ADM-3"] };
        self.add(9, "provisioned", busy + &environment, rules);
        self.number("requested", room.requested);
        self.number("ready", room.ready);
        self.number("busy", room.busy);
        self.room(room.rate);
        runs
    }

    /// SCALE-3, where it is looked at.
    fn growth(&mut self) -> Option<()> {
        let Some(room) = self.look.growth else { return Some(()) };
        let refused = !room.passes();
        let said = format!("{}, as they may grow", rate(room, "the function's"));
        self.add(9, "growth", said, &["SCALE-3"]);
        self.room(room);
        self.pass_unless(refused)
    }

    fn slot(&mut self) -> Option<()> {
        let slots = self.look.slots;
        let (taken, room) = (grouped(slots.taken.into()), grouped(slots.room().into()));
        let of = match slots.reserved {
            Some(_) => format!(
                "{taken} of {room} reserved slots busy ({} reserved - {} provisioned)",
                grouped(slots.limit.into()),
                grouped(slots.provisioned.into())
            ),
            None => format!(
                "{taken} of {room} unreserved slots busy ({} in the account - {} reserved - {} provisioned)",
                grouped(slots.limit.into()),
                grouped(slots.reserved_elsewhere.into()),
                grouped(slots.provisioned.into())
            ),
        };
        let rule = if slots.reserved.is_some() { "CONC-6" } else { "CONC-7" };
        self.add(10, "concurrency", of, &[rule]);
        self.number("busy", slots.taken);
        self.number("room", slots.room());
        self.number("limit", slots.limit);
        self.number("reserved_elsewhere", slots.reserved_elsewhere);
        self.number("provisioned", slots.provisioned);
        let causes = [Cause::AccountConcurrency, Cause::ReservedConcurrency];
        self.pass_unless(self.outcome.cause().is_some_and(|cause| causes.contains(&cause)))
    }

    /// Step 11; whether one serves.
    fn idle(&mut self) -> bool {
        let look = self.look;
        let serves = match self.outcome {
            Outcome::Ran(attempt) if attempt.start_kind == StartKind::Warm => Some(attempt),
            _ => None,
        };
        match serves {
            Some(attempt) => {
                let chosen = look.idle.iter().find(|idle| idle.number == attempt.environment);
                let said = self.chosen(attempt, chosen);
                self.add(11, "warm pick", said, &["LIFE-16"]);
                self.number("environment", attempt.environment);
                if let Some(idle) = chosen {
                    self.number("idle_since_ms", idle.since.as_millis_f64());
                }
            }
            None => {
                let (said, rules) = self.none_idle();
                self.add(11, "warm pick", said, rules);
            }
        }
        self.number("idle", look.idle.len());
        self.number("busy", look.busy);
        serves.is_some()
    }

    fn chosen(&self, attempt: &Attempt, chosen: Option<&IdleEnvironment>) -> String {
        let look = self.look;
        let since = chosen.map_or_else(String::new, |idle| {
            format!(", idle for {}", exact(look.time.since(idle.since)))
        });
        let reset = match chosen {
            Some(idle) if idle.reset => "; it was reset, so INIT runs again inside the invocation (LIFE-6)",
            _ => "",
        };
        let why = match (
            look.idle.len(),
            self.names.plan.functions[look.function.index()].env_pick,
        ) {
            (1, _) => "the only idle one",
            (_, EnvPick::MostRecentlyUsed) => "the one that became idle last",
            (_, EnvPick::LeastRecentlyUsed) => "the one that became idle first",
            (_, EnvPick::NewestCreated) => "the newest one",
            (_, EnvPick::Oldest) => "the oldest one",
            (_, EnvPick::Random) => "drawn at random",
        };
        let count = look.idle.len();
        format!(
            "{count} idle: takes environment {}, {why}{since}{reset}",
            attempt.environment
        )
    }

    fn none_idle(&self) -> (String, &'static [&'static str]) {
        let (look, version) = (self.look, self.names.version(self.look.function, self.look.version));
        let busy = match look.busy {
            0 => format!("{version} has no idle environment, and no busy one"),
            1 => format!("{version} has no idle environment: the only one is busy"),
            count => format!(
                "{version} has no idle environment: all {} are busy",
                grouped(count.into())
            ),
        };
        match look.ended {
            None => (busy, &["LIFE-11"]),
            Some(ended) => {
                let number = ended.number;
                let rested = exact(ended.end.since(ended.since));
                let ago = exact(look.time.since(ended.end));
                let end = if ended.aged { "of age" } else { "of rest" };
                let rules: &[&str] = if ended.aged {
                    &["LIFE-13"]
                } else {
                    &["LIFE-14", "COLD-7"]
                };
                (
                    format!("{busy}; environment {number} ended {ago} ago {end}, idle for {rested}"),
                    rules,
                )
            }
        }
    }

    fn scaling(&mut self) -> Option<()> {
        let room = self.look.scaling;
        let whose = if self.look.scaling_is_shared {
            "account"
        } else {
            "function"
        };
        let said = match room {
            Room::Bucket {
                capacity,
                tokens,
                per_minute,
            } => format!(
                "{} of {} tokens for new environments of the {whose}, {} a minute come back",
                grouped(tokens),
                grouped(capacity),
                grouped(per_minute)
            ),
            _ => "new environments are not limited".to_owned(),
        };
        let refused = self.outcome.cause() == Some(Cause::ScalingRate);
        let rules: &[&str] = match (refused, self.look.scaling_is_shared) {
            (_, true) => &["SCALE-6"],
            (true, false) => &["SCALE-1", "SCALE-2", "ADM-5"],
            (false, false) => &["SCALE-1"],
        };
        self.add(12, "scaling rate", said, rules);
        self.room(room);
        self.pass_unless(refused)
    }

    fn creation(&mut self) -> Option<()> {
        match self.outcome {
            Outcome::Ran(attempt) => {
                let said = format!("a new environment, number {}", attempt.environment);
                self.add(13, "creation", said, &["ADM-1"]);
                self.number("environment", attempt.environment);
                Some(())
            }
            Outcome::Refused(refusal) => {
                let said = format!("cannot be made, {} {}", refusal.code.status(), refusal.code.name());
                self.add(13, "creation", said, &["ADM-5", "INV-9"]);
                self.refused()
            }
        }
    }

    fn room(&mut self, room: Room) {
        match room {
            Room::Second { limit, admitted } => {
                self.number("limit", limit);
                self.number("admitted", admitted);
            }
            Room::Bucket {
                capacity,
                tokens,
                per_minute,
            } => {
                self.number("capacity", capacity);
                self.number("tokens", tokens);
                self.number("per_minute", per_minute);
            }
            Room::Unlimited => {}
        }
    }
}

/// Why provisioned concurrency does not serve.
fn spill(room: ProvisionedRoom) -> String {
    if room.busy >= room.ready {
        ": spills over, on demand".to_owned()
    } else {
        format!(", {}: spills over, on demand", rate(room.rate, "its"))
    }
}

/// `8 of the account's 50 requests in this second`, before this one.
fn rate(room: Room, whose: &str) -> String {
    match room {
        Room::Second { limit, admitted } => {
            format!(
                "{} of {whose} {} requests in this second",
                grouped(admitted),
                grouped(limit)
            )
        }
        Room::Bucket { capacity, tokens, .. } => {
            format!(
                "{} of {whose} {} tokens for requests are there",
                grouped(tokens),
                grouped(capacity)
            )
        }
        Room::Unlimited => "no limit on requests".to_owned(),
    }
}

/// Whether an error tells of a version that is not Active, not of an environment that cannot be made.
fn is_of_state(code: ErrorCode) -> bool {
    use ErrorCode::{ResourceConflict, ResourceNotReady, SnapStartNotReady};
    matches!(code, ResourceConflict | ResourceNotReady | SnapStartNotReady)
}
