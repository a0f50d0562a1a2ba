//! The picture for a chat, drawn.

use std::io;
use std::path::Path;

use plotters::prelude::*;

use super::canvas::{
    Below, Drawn, Failed, INK, MARGIN, RIGHT_MARGIN, SOFT, Sheet, draw_legend, draw_plane, png, widest_label,
};
use super::card::{Card, Tile};
use super::figure::Figure;

/// Sixteen to nine: chats show it whole.
const SIZE: (u32, u32) = (1600, 900);
const HEADING: (i32, i32) = (48, 54);
const SOURCE: (i32, i32) = (28, 38);
const ANSWER: (i32, i32) = (36, 44);
const VALUE: i32 = 76;
const DETAIL: i32 = 27;
const TILE_HEIGHT: i32 = 180;
/// Longer texts are cut before they are measured letter by letter.
const MOST_LETTERS: usize = 400;

/// A run as a PNG file. A file that could not be written whole is left to the caller to remove.
pub(in crate::report) fn card_png(card: &Card, file: &Path) -> io::Result<()> {
    png(SIZE, file, |sheet| draw(card, sheet))
}

fn draw<B: DrawingBackend>(card: &Card, sheet: &Sheet<B>) -> Drawn<B> {
    sheet.area.fill(&WHITE)?;
    let (width, height) = sheet.size();
    let room = width - 2 * MARGIN;
    let mut top = MARGIN - 4;
    for line in lines(sheet, &card.heading, HEADING.0, room, 2)? {
        sheet.write(&line, (MARGIN, top), HEADING.0, INK)?;
        top += HEADING.1;
    }
    let source = sheet.clamped(&card.source, SOURCE.0, room)?;
    sheet.write(&source, (MARGIN, top), SOURCE.0, SOFT)?;
    top += SOURCE.1 + 10;
    for answer in &card.answers {
        const BAR: i32 = 10;
        let color = Figure::color(usize::from(!answer.fine));
        let text = lines(sheet, &answer.text, ANSWER.0, room - 2 * BAR, 2)?;
        let bottom = top + ANSWER.1 * text.len() as i32;
        sheet.fill_box((MARGIN, top - 6), (MARGIN + BAR, bottom - 14), color)?;
        for line in text {
            sheet.write(&line, (MARGIN + 2 * BAR, top), ANSWER.0, INK)?;
            top += ANSWER.1;
        }
    }
    top += 12;
    draw_tiles(&card.tiles, sheet, top)?;
    draw_panels(&card.panels, &sheet.slice(top + TILE_HEIGHT + 12, height - 8))
}

fn draw_tiles<B: DrawingBackend>(tiles: &[Tile; 4], sheet: &Sheet<B>, top: i32) -> Drawn<B> {
    const GAP: i32 = 20;
    const INNER: i32 = 16;
    const GROUND: RGBColor = RGBColor(0xF1, 0xF4, 0xF7);
    let (width, _) = sheet.size();
    let each = (width - 2 * MARGIN - 3 * GAP) / 4;
    for (number, tile) in (0..).zip(tiles) {
        let left = MARGIN + number * (each + GAP);
        sheet.fill_box((left, top), (left + each, top + TILE_HEIGHT), GROUND)?;
        let (left, room) = (left + INNER, each - 2 * INNER);
        sheet.write(tile.name, (left, top + 16), DETAIL, INK)?;
        let value = sheet.clamped(&tile.value, VALUE, room)?;
        sheet.write(&value, (left, top + 52), VALUE, INK)?;
        for (line, text) in (0..).zip(lines(sheet, &tile.detail, DETAIL, room, 2)?) {
            sheet.write(&text, (left, top + 120 + line * (DETAIL + 4)), DETAIL, SOFT)?;
        }
    }
    Ok(())
}

/// One below the other, three fifths for the first of two; the last has the labels of the common axis of time.
fn draw_panels<B: DrawingBackend>(panels: &[Figure], sheet: &Sheet<B>) -> Drawn<B> {
    let (width, height) = sheet.size();
    let mut widest = 0;
    for panel in panels {
        widest = widest.max(widest_label(panel, sheet)?);
    }
    let mut top = 0;
    for (number, panel) in (1..).zip(panels) {
        let last = number == panels.len();
        let bottom = if last { height } else { height * 3 / 5 };
        let part = sheet.slice(top, bottom);
        let legend = draw_legend(&panel.layers, &part, 0)?;
        let under = if last { Below::Ticks } else { Below::Nothing };
        draw_plane(panel, &part.slice(legend, bottom - top), widest + MARGIN + 16, under)?;
        if last {
            let text = &panel.x.label;
            let left = width - RIGHT_MARGIN - sheet.width_of(text, SOURCE.0)?;
            part.write(text, (left, 4), SOURCE.0, SOFT)?;
        }
        top = bottom;
    }
    Ok(())
}

/// A text in at most so many lines, cut where it is longer.
fn lines<B: DrawingBackend>(
    sheet: &Sheet<B>,
    text: &str,
    size: i32,
    width: i32,
    most: usize,
) -> Result<Vec<String>, Failed<B>> {
    let text: String = text.chars().take(MOST_LETTERS).collect();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let count = lines.len();
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            // What is left over makes the last line too long, and is cut there.
            if count == most || sheet.width_of(&longer, size)? <= width {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    lines.iter().map(|line| sheet.clamped(line, size, width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plot::canvas::svg;
    use crate::report::sample::Sample;

    /// The picture as an SVG document, in which texts can be read.
    fn texts(card: &Card) -> String {
        svg(SIZE, |sheet| draw(card, sheet)).unwrap()
    }

    #[test]
    fn the_card_shows_question_answer_figures_and_timeline_and_is_the_same_each_time() {
        let sample = Sample::busy();
        let card = Card::of(&sample.input());
        let drawn = texts(&card);
        for text in [
            &card.source,
            &card.answers[0].text,
            &card.tiles[1].value,
            &card.panels[0].x.label,
        ] {
            assert!(drawn.contains(text.as_str()), "{text}");
        }
        let words = card.heading.split(' ').all(|word| drawn.contains(word));
        assert!(words && !drawn.contains('…'), "the question is whole");
        assert_eq!(drawn, texts(&card));
    }

    #[test]
    fn endless_and_hostile_texts_are_cut_and_obeyed_by_nobody() {
        let sample = Sample::busy();
        let mut card = Card::of(&sample.input());
        let endless = "<script>\u{202e}\u{1b}[2J\"'& ".repeat(1_000);
        card.heading.clone_from(&endless);
        card.source = "x".repeat(10_000);
        card.tiles[0].detail.clone_from(&endless);
        for answer in &mut card.answers {
            answer.text.clone_from(&endless);
        }
        let drawn = texts(&card);
        assert!(!drawn.contains("<script") && !drawn.contains('\u{202e}') && !drawn.contains('\u{1b}'));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.png");
        card_png(&card, &file).unwrap();
        let head = std::fs::read(&file).unwrap();
        // A PNG file has its width and height, four bytes each, from byte 16 on.
        assert_eq!(head[16..24], [1600u32.to_be_bytes(), 900u32.to_be_bytes()].concat());
    }

    #[test]
    fn a_run_without_anything_draws() {
        let sample = Sample::blank();
        assert!(texts(&Card::of(&sample.input())).contains("Cost of a month"));
    }

    #[test]
    fn texts_are_broken_between_words_and_the_last_line_is_cut() {
        svg(SIZE, |sheet| {
            let (one, two) = ("a question", "of two lines");
            let width = sheet.width_of(two, 40)?;
            assert_eq!(lines(sheet, &format!("{one} {two}"), 40, width, 2)?, [one, two]);
            let cut = lines(sheet, &format!("{one} {two} {two}"), 40, width, 2)?;
            assert!(cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
            Ok(())
        })
        .unwrap();
    }
}
