use super::reader::Reader;
use super::tree::Node;

/// A question to be predicted before the run answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// What to predict.
    pub question: String,
    /// What comes of it, and why.
    pub answer: String,
}

/// Reads `lesson`, if there is one.
pub(super) fn lesson(reader: &Reader, root: &Node) -> Option<Lesson> {
    let section = root.entry("lesson")?;
    let text = |key: &str| match section.value.entry(key) {
        Some(entry) => reader.text(entry),
        None => {
            let found = format!("`lesson` has no `{key}`");
            reader.problem(section.mark, found, "a lesson is `{ question: TEXT, answer: TEXT }`");
            None
        }
    };
    let (question, answer) = (text("question"), text("answer"));
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Lesson {
        question: one_line(question?),
        answer: one_line(answer?),
    })
}
