//! Names on the command line that a scenario must know.

use super::failure::Failure;
use crate::facts::FunctionId;
use crate::scenario::nearest;
use crate::simulation::Plan;

/// The function with this name.
pub(super) fn function(plan: &Plan, name: &str) -> Result<FunctionId, Failure> {
    let names = || plan.functions.iter().map(|function| function.name.as_str());
    if let Some(place) = names().position(|known| known == name) {
        return Ok(FunctionId(place as u32));
    }
    let hint = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Err(Failure::Usage(format!("the scenario has no function \"{name}\"{hint}")))
}
