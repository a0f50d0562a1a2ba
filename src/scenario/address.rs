//! The one form of addresses: `checkout:live`, `sqs:orders` (contract §1).

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::keys::nearest;
use super::problem::Fault;
use super::tree::shortened;

/// Services that an address can name.
const SERVICES: &[&str] = &["sqs", "kinesis", "dynamodb", "kafka", "sns", "s3", "eventbridge"];

/// An address taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address<'a> {
    /// A function and how it is qualified.
    Function {
        /// Its name.
        name: &'a str,
        /// Version number, alias or `$LATEST`.
        qualifier: Option<&'a str>,
    },
    /// A queue, stream, topic, bucket or bus.
    Service {
        /// `sqs` …
        service: &'a str,
        /// Its name.
        name: &'a str,
    },
}

impl Address<'_> {
    /// The address that `text` writes.
    pub fn parse(text: &str) -> Result<Address<'_>, Fault> {
        let (first, second) = match text.split_once(':') {
            Some((first, second)) => (first, Some(second)),
            None => (text, None),
        };
        match second {
            Some(name) if SERVICES.contains(&first) && !name.is_empty() => {
                Ok(Address::Service { service: first, name })
            }
            Some("") => Err(Fault::new(format!("is \"{}\"", shortened(text)), FORM)),
            _ if first.is_empty() => Err(Fault::new(format!("is \"{}\"", shortened(text)), FORM)),
            qualifier => Ok(Address::Function { name: first, qualifier }),
        }
    }
}

const FORM: &str = "an address such as checkout, checkout:2, checkout:live or sqs:orders is allowed";

/// Whether a function can have this name.
pub(super) fn check_function_name(name: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if SERVICES.contains(&name) {
        return Err(Fault::new(
            format!("a function is named {name}, which starts addresses of that service"),
            "rename it",
        ));
    }
    if name.is_empty() || name.len() > 140 || !name.chars().all(plain) {
        let found = format!("\"{}\" is no name of a function", shortened(name));
        return Err(Fault::new(
            found,
            "1 to 140 letters, digits, hyphens and underscores are allowed",
        ));
    }
    Ok(())
}

/// Names compared for suggestions in one scenario: thousands of wrong names must not take minutes.
const MOST_COMPARISONS: usize = 200_000;

/// Every function with its versions and aliases, and how many names were compared for suggestions.
#[derive(Debug, Default)]
pub(super) struct Directory(pub BTreeMap<String, BTreeSet<String>>, Cell<usize>);

impl Directory {
    fn nearest(&self, name: &str) -> Option<&str> {
        let compared = self.1.get() + self.0.len();
        self.1.set(compared);
        let known = || self.0.keys().map(String::as_str);
        (compared <= MOST_COMPARISONS).then(|| nearest(name, known())).flatten()
    }

    /// Whether this function, and its qualifier, exist.
    pub fn check(&self, name: &str, qualifier: Option<&str>) -> Result<(), Fault> {
        let Some(qualifiers) = self.0.get(name) else {
            let allowed = match self.nearest(name) {
                Some(close) => format!("did you mean {close}?"),
                None if self.0.is_empty() => "define it under `functions`".to_owned(),
                None => format!("defined under `functions`: {}", listed(self.0.keys())),
            };
            return Err(Fault::new(
                format!("names the function {}, which does not exist", shortened(name)),
                allowed,
            ));
        };
        match qualifier {
            None | Some("$LATEST") => Ok(()),
            Some(qualifier) if qualifiers.contains(qualifier) => Ok(()),
            Some(qualifier) => {
                let found = format!(
                    "names {name}:{}, but {name} has no such version or alias",
                    shortened(qualifier)
                );
                let allowed = if qualifiers.is_empty() {
                    format!("define it under `functions.{name}`, or name {name} alone")
                } else {
                    format!("{name} has: {}", listed(qualifiers.iter()))
                };
                Err(Fault::new(found, allowed))
            }
        }
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).take(21).collect();
    match names.get(20) {
        Some(_) => format!("{}, …", names[..20].join(", ")),
        None => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_functions_with_qualifiers_and_services() {
        let function = |name, qualifier| Ok(Address::Function { name, qualifier });
        assert_eq!(Address::parse("checkout"), function("checkout", None));
        assert_eq!(Address::parse("checkout:live"), function("checkout", Some("live")));
        let orders = Address::Service {
            service: "sqs",
            name: "orders",
        };
        assert_eq!(Address::parse("sqs:orders"), Ok(orders));
        assert!(Address::parse("sqs:").is_err() && Address::parse("").is_err() && Address::parse(":2").is_err());
    }
}
