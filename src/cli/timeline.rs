use super::failure::Failure;
use super::known::function;
use super::timeline_args::TimelineArguments;
use crate::report::{TimelineFile, TimelineWindow};
use crate::simulation::Plan;
use crate::units::{SimTime, Span};

/// Opens the timeline of a run of `plan`, if one is asked for.
pub(super) fn open_timeline<'a>(
    asked: &TimelineArguments,
    plan: &'a Plan,
) -> Result<Option<TimelineFile<'a>>, Failure> {
    let Some(file) = &asked.timeline else { return Ok(None) };
    let window = TimelineWindow {
        from: SimTime::ZERO + asked.from.unwrap_or(Span::ZERO),
        until: asked.to.map_or(SimTime::MAX, |to| SimTime::ZERO + to),
        functions: asked
            .function
            .iter()
            .map(|name| function(plan, name))
            .collect::<Result<_, _>>()?,
    };
    if window.from >= window.until {
        let ends = window.until.since(SimTime::ZERO);
        let begins = window.from.since(SimTime::ZERO);
        return Err(Failure::Usage(format!(
            "the timeline would end at {ends}, before it begins at {begins}"
        )));
    }
    Ok(Some(TimelineFile::create(plan, file, window)?))
}
