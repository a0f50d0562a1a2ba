use super::rule::{Foundation, Rule};
use std::sync::OnceLock;

/// Columns: id, topic, foundation (words with spaces between), source, text.
const RULES: &str = include_str!("rules.csv");
const COLUMNS: usize = 5;
/// Most suggestions for an unknown id.
const SUGGESTIONS: usize = 3;

/// All rules, in the order in which a reader would want them: general ones, environments, limits, calls, sources, money.
pub fn all() -> &'static [Rule] {
    static ALL: OnceLock<Vec<Rule>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut reader = csv::Reader::from_reader(RULES.as_bytes());
        let rows = reader.records().map_while(Result::ok);
        rows.filter(|row| row.len() == COLUMNS).map(|row| rule(&row)).collect()
    })
}

fn rule(row: &csv::StringRecord) -> Rule {
    let foundation = |word: &str| Foundation::ALL.into_iter().find(|foundation| foundation.name() == word);
    Rule {
        id: row[0].to_owned(),
        topic: row[1].to_owned(),
        foundations: row[2].split(' ').filter_map(foundation).collect(),
        source: row[3].to_owned(),
        text: row[4].to_owned(),
    }
}

/// The rule with this id, in capitals or not.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// The ids that an unknown one may have meant, the closest first; at most three, perhaps none.
pub fn nearest(unknown: &str) -> Vec<&'static str> {
    let wanted = unknown.to_ascii_uppercase();
    let distance = |rule: &'static Rule| (strsim::damerau_levenshtein(&wanted, &rule.id), rule.id.as_str());
    let mut close: Vec<(usize, &str)> = all().iter().map(distance).collect();
    close.retain(|(distance, _)| *distance <= 2);
    // Of equally close ones those of the same family come first.
    let family = wanted.split('-').next().unwrap_or_default();
    close.sort_by_key(|(distance, id)| (*distance, id.split('-').next() != Some(family)));
    close.into_iter().map(|(_, id)| id).take(SUGGESTIONS).collect()
}

/// The ids of rules that stand in a text, in its order, each once.
pub fn cited(text: &str) -> Vec<&'static str> {
    let words = text.split(|letter: char| !letter.is_ascii_uppercase() && !letter.is_ascii_digit() && letter != '-');
    let mut ids: Vec<&'static str> = Vec::new();
    for rule in words.filter_map(|word| find(word.trim_matches('-'))) {
        if !ids.contains(&rule.id.as_str()) {
            ids.push(&rule.id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_of_the_list_is_a_rule_with_an_id_of_its_own() {
        // The first line names the columns, and no text has a line break in it.
        assert_eq!(all().len(), RULES.lines().count() - 1);
        let ids: BTreeSet<&str> = all().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), all().len());
    }

    #[test]
    fn every_rule_says_something_and_what_it_is_founded_on() {
        for (rule, line) in all().iter().zip(RULES.lines().skip(1)) {
            assert!(!rule.topic.is_empty() && !rule.source.is_empty(), "{}", rule.id);
            assert!(rule.text.ends_with('.'), "{}: {}", rule.id, rule.text);
            let words = line.split(',').nth(2).unwrap_or_default().split(' ').count();
            assert!(
                rule.foundations.len() == words && words > 0,
                "{}: {:?}",
                rule.id,
                rule.foundations
            );
        }
    }

    #[test]
    fn a_rule_that_others_refer_to_exists() {
        // What looks like an id but is none.
        let others = ["ID-", "SHA-", "UTF-"];
        for rule in all() {
            for word in rule.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                let (family, number) = word.split_once('-').unwrap_or_default();
                let looks = !family.is_empty()
                    && family.bytes().all(|b| b.is_ascii_uppercase())
                    && number.bytes().next().is_some_and(|b| b.is_ascii_digit());
                assert!(
                    !looks || find(word).is_some() || others.iter().any(|other| word.starts_with(other)),
                    "{} refers to {word}",
                    rule.id
                );
            }
        }
    }

    #[test]
    fn an_unknown_id_finds_its_neighbours() {
        assert_eq!(nearest("CONC3"), ["CONC-3", "CONC-1", "CONC-2"]);
        assert_eq!(nearest("SW-SCAEL"), ["SW-SCALE"]);
        assert!(nearest("banana").is_empty());
    }

    #[test]
    fn ids_are_found_in_a_text_once_each() {
        let text = "Reserved (CONC-3; see CONC-4, CONC-3) and SW-SDK26, not X-1.";
        assert_eq!(cited(text), ["CONC-3", "CONC-4", "SW-SDK26"]);
    }
}
