//! Texts in tables that spreadsheets open.

use std::borrow::Cow;

/// A text as a cell: one that a spreadsheet would run as a formula gets an apostrophe in front, by which spreadsheets know
/// texts. Numbers and the names that AWS allows stay as they are, also with a hyphen in front.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '$');
    let is_formula = match text.chars().next() {
        Some('=' | '+' | '@' | '\t' | '\r' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff20}' | '\u{ff0d}') => true,
        Some('-') => !text.chars().all(is_plain),
        _ => false,
    };
    if is_formula {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts_and_names_and_numbers_stay() {
        for formula in [
            "=1+1",
            "+A1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "-1+cmd|' /C calc'!A0",
            "－1",
            "＝1",
        ] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for text in [
            "",
            "checkout",
            "-checkout_2",
            "-12.5",
            "-1e-7",
            "$LATEST",
            "sqs:=q",
            "1+1",
        ] {
            assert_eq!(cell(text), text);
        }
    }
}
