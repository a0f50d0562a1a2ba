use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;

use super::args::PricesCommand;
use super::failure::Failure;
use super::output::print;
use crate::pricing::{Item, PriceBook, PriceRow};
use crate::report::{prices_json, prices_table};
use crate::scenario::nearest;

/// Largest price file.
const LARGEST_BYTES: u64 = 16 << 20;

/// `lambdasim prices`: the price book, or a part of it.
pub(super) fn prices(command: &PricesCommand) -> Result<ExitCode, Failure> {
    let book = price_book(command.prices.as_deref())?.unwrap_or_else(PriceBook::built_in);
    let item = command.item.as_deref().map(item).transpose()?;
    let regions = match &command.region {
        Some(name) => vec![region(name, &book)?],
        None => book.regions(),
    };
    let rows = regions.into_iter().flat_map(|region| book.rows_of(region));
    let rows: Vec<PriceRow> = rows.filter(|row| item.is_none_or(|item| item == row.item)).collect();
    print(&match (command.json, command.csv) {
        (true, _) => format!("{:#}\n", prices_json(&rows)),
        (_, true) => PriceBook::to_csv(&rows),
        _ => prices_table(&rows),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The price book of `--prices`, if there is one.
pub(super) fn price_book(path: Option<&Path>) -> Result<Option<PriceBook>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let text = read(path).map_err(|cause| Failure::Read {
        path: path.to_owned(),
        cause,
    })?;
    PriceBook::from_csv(&text)
        .map(Some)
        .map_err(|problems| Failure::Prices {
            path: path.to_owned(),
            problems,
        })
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_BYTES {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is larger than 16 MB"));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The region as the book names it.
pub(super) fn region<'b>(name: &str, book: &'b PriceBook) -> Result<&'b str, Failure> {
    let known = book.regions();
    let found = known.iter().copied().find(|region| *region == name);
    found.ok_or_else(|| unknown("region", name, &known))
}

fn item(name: &str) -> Result<Item, Failure> {
    let known: Vec<&str> = Item::ALL.iter().map(|item| item.name()).collect();
    Item::from_name(name).ok_or_else(|| unknown("item", name, &known))
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    let hint = nearest(name, known.iter().copied()).map_or_else(String::new, |close| format!("did you mean {close}? "));
    Failure::Usage(format!(
        "{what} \"{name}\" has no prices; {hint}allowed: {}",
        known.join(", ")
    ))
}
