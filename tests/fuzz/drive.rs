//! Gives inputs to a target and catches what it does not survive.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::targets::{Desk, Target};

/// Runs one input.
///
/// # Errors
/// What the panic said.
pub fn survives(target: &Target, desk: &Desk, input: &[u8]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| (target.run)(desk, input))).map_err(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        words
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "a panic without words".to_owned())
    })
}
