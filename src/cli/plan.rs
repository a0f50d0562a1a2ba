use std::process::ExitCode;

use super::failure::Failure;
use super::plan_args::PlanCommand;
use super::planner::Planner;
use super::progress::catch_interrupts;
use super::{plan_headroom, plan_limit, plan_memory, plan_provisioned};

/// `lambdasim plan …`: one question, answered with a few runs.
pub(super) fn plan(command: &PlanCommand) -> Result<ExitCode, Failure> {
    catch_interrupts();
    match command {
        PlanCommand::Limit {
            plan,
            goals,
            path,
            from,
            to,
        } => plan_limit::limit(&Planner::new(plan, &goals.goal)?, path, *from, *to),
        PlanCommand::Memory {
            plan,
            goals,
            function,
            memory_size,
        } => plan_memory::memory(&Planner::new(plan, &goals.goal)?, function, memory_size),
        PlanCommand::Provisioned { plan, alias, spillover } => {
            plan_provisioned::provisioned(&Planner::new(plan, &[])?, alias, *spillover)
        }
        PlanCommand::Headroom { plan, goals, to } => plan_headroom::headroom(&Planner::new(plan, &goals.goal)?, *to),
    }
}
