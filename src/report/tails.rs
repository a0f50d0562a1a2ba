/// Names that consist of steps, each as short as tells it from the others: cut from the left before a step, and marked with
/// an ellipsis. Whole where it has at most `room` letters; of the tails that tell it apart the longest within `room`, or the
/// shortest of all. Equal names stay equal.
pub fn distinct_tails(names: &[String], separator: char, room: usize) -> Vec<String> {
    names.iter().map(|name| tail(name, names, separator, room)).collect()
}

fn tail(name: &str, names: &[String], separator: char, room: usize) -> String {
    if name.chars().count() <= room {
        return name.to_owned();
    }
    let ambiguous = |tail: &str| {
        let ends_alike = |other: &&String| {
            let before = other.strip_suffix(tail);
            before.is_some_and(|before| before.is_empty() || before.ends_with(separator))
        };
        names.iter().filter(ends_alike).any(|other| other != name)
    };
    // From the shortest on: the last step, the last two, …
    let starts = name.rmatch_indices(separator).map(|(at, _)| at + separator.len_utf8());
    let mut tails = starts
        .map(|at| &name[at..])
        .filter(|tail| !tail.is_empty() && !ambiguous(tail));
    let Some(shortest) = tails.next() else {
        return name.to_owned();
    };
    let fits = |tail: &&str| tail.chars().count() < room;
    let longest = tails.take_while(fits).last().unwrap_or(shortest);
    format!("…{longest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(names: &[&str], separator: char, room: usize) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        distinct_tails(&names, separator, room)
    }

    #[test]
    fn names_that_fit_stay_whole_and_others_lose_their_first_steps() {
        let names = ["cost.total", "functions.checkout.latency.p99"];
        assert_eq!(short(&names, '.', 12), ["cost.total", "…latency.p99"]);
        assert_eq!(short(&names, '.', 24), ["cost.total", "…checkout.latency.p99"]);
        assert_eq!(short(&names, '.', 30), names);
    }

    #[test]
    fn what_tells_two_names_apart_is_kept_however_long() {
        let names = ["functions.one.latency.p99", "functions.other.latency.p99"];
        assert_eq!(short(&names, '.', 12), ["…one.latency.p99", "…other.latency.p99"]);
        assert_eq!(
            short(&["/a/x/s.yaml", "/a/y/s.yaml"], '/', 0),
            ["…x/s.yaml", "…y/s.yaml"]
        );
    }

    #[test]
    fn a_name_that_ends_another_and_equal_names_stay_whole() {
        assert_eq!(
            short(&["latency.p99", "f.latency.p99"], '.', 0),
            ["latency.p99", "f.latency.p99"]
        );
        assert_eq!(short(&["a.b", "a.b"], '.', 0), ["…b", "…b"]);
    }
}
