use std::path::Path;
use std::process::ExitCode;

use super::failure::Failure;
use super::output::print;
use super::sweep::{JOURNAL, finish, open_journal};
use super::sweep_args::MergeCommand;
use crate::experiment::{Grid, Identity, Journal, Shard, identity_of};

/// `lambdasim merge DIR… --out DIR`: the parts of one sweep as if it had run in one go.
pub(super) fn merge(command: &MergeCommand) -> Result<ExitCode, Failure> {
    let parts = command
        .parts
        .iter()
        .map(|folder| part(folder))
        .collect::<Result<Vec<Identity>, Failure>>()?;
    let whole = Identity {
        shard: Shard::WHOLE,
        ..parts[0].clone()
    };
    for (folder, part) in command.parts.iter().zip(&parts) {
        let part = Identity {
            shard: Shard::WHOLE,
            ..part.clone()
        };
        if let Some(difference) = part.difference(&whole) {
            let first = command.parts[0].display();
            return Err(Failure::Usage(format!(
                "{} and {first} are parts of different sweeps: {difference}",
                folder.display()
            )));
        }
    }
    let grid = Grid::new(whole.axes.clone()).map_err(Failure::Usage)?;
    check_complete(command, &parts, &grid)?;
    let journal = open_journal(&command.out, &whole, false)?;
    let there = journal.points();
    for (folder, part) in command.parts.iter().zip(&parts) {
        let file = folder.join(JOURNAL);
        let from = open(&file, part)?;
        let copied = from.for_each(|row| match there.binary_search(&row.point) {
            Ok(_) => Ok(()),
            Err(_) => journal.copy(&row).map_err(std::io::Error::other),
        });
        copied.map_err(|cause| Failure::Write {
            path: command.out.join(JOURNAL),
            cause,
        })?;
    }
    let text = finish(&command.out, &whole, &grid, journal, !command.no_plots)?;
    if !command.quiet {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn part(folder: &Path) -> Result<Identity, Failure> {
    let file = folder.join(JOURNAL);
    let line = identity_of(&file)?;
    line.and_then(|line| Identity::parse(&line))
        .ok_or_else(|| Failure::Usage(format!("{} is no part of a sweep", folder.display())))
}

fn open(file: &Path, identity: &Identity) -> Result<Journal, Failure> {
    Ok(Journal::open(
        file,
        &identity.line(),
        identity.columns().len(),
        |_, _| None,
    )?)
}

/// Every point once, or what is missing or twice there.
fn check_complete(command: &MergeCommand, parts: &[Identity], grid: &Grid) -> Result<(), Failure> {
    let mut points = Vec::new();
    for (folder, part) in command.parts.iter().zip(parts) {
        points.extend(open(&folder.join(JOURNAL), part)?.points());
    }
    points.sort_unstable();
    if let Some(twice) = points.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Failure::Usage(format!(
            "point {} stands in two of the parts; name each part once",
            twice[0]
        )));
    }
    let missing = grid.points() - points.len() as u64;
    if missing > 0 {
        let first = (0..)
            .zip(&points)
            .find(|(expected, point)| expected != *point)
            .map_or(points.len() as u64, |(expected, _)| expected);
        return Err(Failure::Usage(format!(
            "{missing} of {} points are missing, the first is {first}; finish all parts and name them all",
            grid.points()
        )));
    }
    Ok(())
}
