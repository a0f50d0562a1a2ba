//! Tables and lines that fit a terminal of 80 columns.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::tails::distinct_tails;

/// Columns of a terminal.
pub(super) const WIDTH: usize = 80;
/// Letters of a line of a head, the first that fits being taken.
const ROOMS: [usize; 5] = [30, 22, 16, 12, 9];

/// A table of numbers under paths, which are cut from the left to what tells them apart and divided at their dots. Columns
/// that find no room are left out, the last ones first but never the first `least`; returns how many.
pub(super) fn narrow_table(heads: &[String], rows: &[Vec<String>], least: usize) -> (String, usize) {
    for count in (least.min(heads.len())..=heads.len()).rev() {
        for room in ROOMS {
            let text = table(&heads[..count], rows, count, room).trim_fmt();
            if text.lines().all(|line| line.chars().count() <= WIDTH) {
                return (text, heads.len() - count);
            }
        }
    }
    let count = least.min(heads.len());
    let mut table = table(&heads[..count], rows, count, ROOMS[ROOMS.len() - 1]);
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH as u16);
    (table.trim_fmt(), heads.len() - count)
}

fn table(heads: &[String], rows: &[Vec<String>], count: usize, room: usize) -> Table {
    let mut table = Table::new();
    // Two heads may share a line each, so that what tells them apart may take two.
    let short = distinct_tails(heads, '.', 2 * room);
    table
        .load_preset(presets::NOTHING)
        .set_header(short.iter().map(|head| divided(head, room)));
    for row in rows {
        table.add_row(row.iter().take(count));
    }
    table.column_iter_mut().for_each(|column| {
        column.set_cell_alignment(CellAlignment::Right);
    });
    table
}

/// A path in lines of up to `room` letters, divided behind its dots, and within steps that are longer.
fn divided(path: &str, room: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for step in path.split_inclusive('.') {
        let letters: Vec<char> = step.chars().collect();
        for piece in letters.chunks(room) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + letters.len() <= room => line.extend(piece),
                _ => lines.push(piece.iter().collect()),
            }
        }
    }
    lines.join("\n")
}

/// A text in lines of 80 columns, of which all but the first begin with `indent`; longer words have lines of their own.
pub fn wrapped(text: &str, indent: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    line.extend(text.chars().take_while(|letter| *letter == ' '));
    let mut fresh = true;
    for word in text.trim_start().split(' ') {
        let width = line.chars().count() + 1 + word.chars().count();
        if !fresh && width > WIDTH {
            let _ = writeln!(lines, "{}", line.trim_end());
            line = indent.to_owned();
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    let _ = writeln!(lines, "{}", line.trim_end());
    lines
}

/// Every line of a text within 80 columns: what is longer goes on below, four columns further to the right.
pub fn within_80_columns(text: &str) -> String {
    let fitted = text.lines().map(|line| {
        if line.chars().count() <= WIDTH {
            return format!("{line}\n");
        }
        let start = line.chars().take_while(|letter| *letter == ' ').count();
        wrapped(line, &" ".repeat(start + 4))
    });
    fitted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widest(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    #[test]
    fn heads_of_long_paths_are_divided_and_still_tell_columns_apart() {
        let paths = ["a-rather-long-function-name", "another-rather-long-name"];
        let heads: Vec<String> = paths
            .iter()
            .flat_map(|name| ["memory_size", "latency.p99"].map(|last| format!("functions.{name}.{last}")))
            .collect();
        let rows = vec![vec![
            "1024".to_owned(),
            "12.5 ms".into(),
            "512".into(),
            "1.25 s ± 0.1 s".into(),
        ]];
        let (text, hidden) = narrow_table(&heads, &rows, 2);
        assert!(widest(&text) <= 80 && hidden == 0, "{text}");
        assert!(
            ["a-rather-long", "another-rather"]
                .iter()
                .all(|part| text.contains(part)),
            "{text}"
        );
    }

    #[test]
    fn columns_without_room_are_left_out_and_counted() {
        let heads: Vec<String> = (0..9).map(|number| format!("totals.count_{number}")).collect();
        let rows = vec![vec!["123,456,789.5".to_owned(); 9]];
        let (text, hidden) = narrow_table(&heads, &rows, 2);
        assert!(widest(&text) <= 80 && (3..7).contains(&hidden), "{hidden}\n{text}");
        assert!(text.contains("count_0") && !text.contains("count_8"), "{text}");
    }

    #[test]
    fn values_without_end_are_broken_in_the_last_resort() {
        let heads = vec!["functions.f.duration".to_owned(), "cost.total".to_owned()];
        let rows = vec![vec!["word ".repeat(40), "1".to_owned()]];
        assert!(widest(&narrow_table(&heads, &rows, 2).0) <= 80);
    }

    #[test]
    fn texts_are_wrapped_between_words() {
        let text = wrapped(&"word ".repeat(30), "  ");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= 80 && lines[1].starts_with("  word"), "{text}");
        let fitted = within_80_columns(&format!("short\n  {}\n", "word ".repeat(30)));
        assert!(
            fitted.starts_with("short\n  word") && fitted.contains("\n      word"),
            "{fitted}"
        );
    }
}
