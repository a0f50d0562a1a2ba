//! Did you mean …?

/// What is closest to an unknown name, if anything is close. AWS's own spelling (`MemorySize`) finds ours.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = snake_case(unknown);
    let wanted = wanted.trim_end_matches("_in_seconds").trim_end_matches("_in_mb");
    known
        .filter(|name| name.len().abs_diff(wanted.len()) <= 2)
        .map(|name| (strsim::damerau_levenshtein(wanted, &snake_case(name)), name))
        .filter(|(distance, name)| *distance <= 2.min(name.len() / 2).max(1))
        .min()
        .map(|(_, name)| name)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lowercase = false;
    for letter in name.chars().take(100) {
        if letter.is_ascii_uppercase() && after_lowercase {
            snake.push('_');
        }
        after_lowercase = letter.is_ascii_lowercase();
        snake.push(if letter == '-' {
            '_'
        } else {
            letter.to_ascii_lowercase()
        });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::super::function::{EVENT_INVOKE_CONFIG, FUNCTION};
    use super::*;

    #[test]
    fn an_aws_name_or_a_slip_of_the_hand_finds_the_key() {
        let names = || FUNCTION.keys().map(|key| key.name);
        assert_eq!(nearest("MemorySize", names()), Some("memory_size"));
        assert_eq!(nearest("memmory_size", names()), Some("memory_size"));
        assert_eq!(nearest("timeuot", names()), Some("timeout"));
        assert_eq!(nearest("colour", names()), None);
        let asynchronous = || EVENT_INVOKE_CONFIG.keys().map(|key| key.name);
        assert_eq!(
            nearest("MaximumEventAgeInSeconds", asynchronous()),
            Some("maximum_event_age")
        );
    }
}
