//! A scenario's text with other values at some of its paths; all else stays as it was written.

use super::load::split_path;
use super::tree::{self, Kind, Node};

/// Values of a file that is rewritten.
const NODES: usize = 250_000;

/// `text` with `settings`, YAML values at paths, in order. What a path lacks is added to the deepest map that is there.
///
/// # Errors
/// The path that cannot be written into this text.
pub(super) fn rewrite(text: &str, settings: &[(String, String)]) -> Result<String, String> {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    for (path, value) in settings {
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        let written = [value, &quoted]
            .into_iter()
            .find_map(|value| written(&text, path, value));
        text = written
            .ok_or_else(|| format!("{path}: {value} cannot be written into the file; write it there by hand"))?;
    }
    Ok(text)
}

/// The text with one value, if reading it again finds just that there.
fn written(text: &str, path: &str, value: &str) -> Option<String> {
    let root = read(text)?;
    let keys = split_path(path);
    let (mut node, mut depth) = (&root, 0);
    while let Some(below) = keys.get(depth).and_then(|key| node.inner(key)) {
        (node, depth) = (below, depth + 1);
    }
    let start = node.mark.start as usize;
    let mut changed = text.to_owned();
    match (&node.kind, &keys[depth..]) {
        (Kind::Scalar(_), []) => changed.replace_range(start..node.mark.end as usize, value),
        (Kind::Map(entries), [key, inner @ ..]) => {
            let value = inner
                .iter()
                .rev()
                .fold(value.to_owned(), |value, key| format!("{{ {key}: {value} }}"));
            if text[start..].starts_with('{') {
                let comma = if entries.is_empty() { "" } else { "," };
                changed.insert_str(start + 1, &format!(" {key}: {value}{comma}"));
            } else {
                let first = entries.first()?.mark.start as usize;
                let line = text[..first].rfind('\n').map_or(0, |end| end + 1);
                let indent = " ".repeat(text[line..first].chars().count());
                changed.insert_str(first, &format!("{key}: {value}\n{indent}"));
            }
        }
        _ => return None,
    }
    let again = read(&changed)?;
    let found = keys.iter().try_fold(&again, |node, key| node.inner(key))?;
    (found.compact() == read(value)?.compact()).then_some(changed)
}

fn read(text: &str) -> Option<Node> {
    tree::parse(text, 0, 0, &mut NODES.clone()).ok()?.root
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# question\nname: shop   # keep\nfunctions:\n  api: { memory_size: 512 MB, timeout: 5 s }\n  other:\n    timeout: 3 s\n";

    fn with(path: &str, value: &str) -> String {
        rewrite(TEXT, &[(path.to_owned(), value.to_owned())]).unwrap()
    }

    #[test]
    fn a_value_that_is_there_is_replaced_and_comments_stay() {
        let expected = TEXT.replace("512 MB", "1024");
        assert_eq!(with("functions.api.memory_size", "1024"), expected);
    }

    #[test]
    fn what_is_missing_is_added_in_the_style_of_its_map() {
        let flow = TEXT.replace("{ memory_size", "{ architectures: arm64, memory_size");
        assert_eq!(with("functions.api.architectures", "arm64"), flow);
        let block = TEXT.replace("    timeout: 3 s", "    memory_size: 256 MB\n    timeout: 3 s");
        assert_eq!(with("functions.other.memory_size", "256 MB"), block);
        let nested = TEXT.replace("name: shop", "account: { concurrent_executions: 50 }\nname: shop");
        assert_eq!(with("account.concurrent_executions", "50"), nested);
    }

    #[test]
    fn a_map_is_not_replaced_and_a_text_that_needs_quotes_gets_them() {
        assert!(rewrite(TEXT, &[("functions.api".into(), "5".into())]).is_err());
        assert!(with("name", "a: b").contains("name: \"a: b\"   # keep"));
    }
}
