use std::collections::BTreeMap;

/// What was not understood or not used: equal remarks are told once, with their first line and their count.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    /// Text to its first line and how often it came.
    found: BTreeMap<String, (Option<u32>, u64)>,
}

impl Remarks {
    /// Adds a remark about a line of the source, counted from 1; `None` means the source as a whole.
    pub fn add(&mut self, line: Option<u32>, text: impl Into<String>) {
        self.add_many(line, text, 1);
    }

    /// Adds a remark that came `times` times, first about this line.
    pub fn add_many(&mut self, line: Option<u32>, text: impl Into<String>, times: u64) {
        let (first, count) = self.found.entry(text.into()).or_insert((line, 0));
        *first = match (*first, line) {
            (Some(first), Some(line)) => Some(first.min(line)),
            (first, line) => first.or(line),
        };
        *count += times;
    }

    /// One text for each remark, by line, each beginning with `file:line:`.
    pub fn lines(&self, file: &str) -> Vec<String> {
        let mut sorted: Vec<_> = self.found.iter().collect();
        sorted.sort_by_key(|(text, (line, _))| (*line, *text));
        let shown = |(text, (line, count)): (&String, &(Option<u32>, u64))| {
            let place = line.map(|line| format!("{line}:")).unwrap_or_default();
            let times = match count {
                1 => String::new(),
                count => format!(" ({count} times, the first here)"),
            };
            format!("{file}:{place} {text}{times}")
        };
        sorted.into_iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_remarks_are_told_once_with_their_first_line_and_their_count() {
        let mut remarks = Remarks::default();
        remarks.add(Some(9), "a table");
        remarks.add(Some(4), "a table");
        remarks.add(Some(7), "a bucket");
        remarks.add(None, "no traffic");
        let expected = [
            "t.yaml: no traffic",
            "t.yaml:4: a table (2 times, the first here)",
            "t.yaml:7: a bucket",
        ];
        assert_eq!(remarks.lines("t.yaml"), expected);
    }
}
