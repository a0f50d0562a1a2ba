use std::sync::Arc;

use crate::control::{Change, FunctionChange};
use crate::kernel::draws::StreamKey;
use crate::lambda::FunctionConfig;
use crate::simulation::Plan;
use crate::workload::Process;

impl Plan {
    /// The same plan with the luck of replication `number`: every stream key follows from the one it has under number 0. Runs
    /// under different numbers are independent of each other; two plans under the same number meet the same luck, entity by
    /// entity (RNG-1).
    ///
    /// # Panics
    /// Where the plan is a replication itself: its keys of number 0 are gone.
    pub fn replicated(&self, number: u64) -> Plan {
        assert_eq!(self.replication, 0, "a replication is made of the plan itself");
        let mut plan = self.clone();
        plan.replication = number;
        plan.each_key(|key| *key = key.replicated(number));
        plan
    }

    /// Every stream key there is, once for each place that holds it.
    fn each_key(&mut self, mut visit: impl FnMut(&mut StreamKey)) {
        self.flows.iter_mut().for_each(|flow| visit(&mut flow.key));
        self.links.iter_mut().for_each(|link| visit(&mut link.key));
        self.streams.iter_mut().for_each(|stream| visit(&mut stream.key));
        self.mappings.iter_mut().for_each(|mapping| visit(&mut mapping.key));
        let deployments = self.control.deployments.iter_mut();
        deployments.for_each(|deployment| visit(&mut deployment.key));
        for source in &mut self.sources {
            visit(&mut source.key);
            let later = source.changes.iter_mut().filter_map(|change| change.process.as_mut());
            std::iter::once(&mut source.process)
                .chain(later)
                .filter_map(|process| match process {
                    Process::Spread(schedule) => Some(&mut schedule.key),
                    _ => None,
                })
                .for_each(&mut visit);
        }
        let sends = |function: &&mut Arc<FunctionConfig>| !function.invokes.is_empty();
        self.functions
            .iter_mut()
            .filter(sends)
            .for_each(|function| keys_of_function(Arc::make_mut(function), &mut visit));
        for change in self.change_steps.iter_mut().flat_map(|step| &mut step.changes) {
            match change {
                Change::Function(_, FunctionChange::Parameters(config)) => keys_of_function(config, &mut visit),
                Change::Mapping { config, .. } => visit(&mut config.key),
                _ => {}
            }
        }
    }
}

fn keys_of_function(function: &mut FunctionConfig, visit: &mut impl FnMut(&mut StreamKey)) {
    function.invokes.iter_mut().for_each(|onward| visit(&mut onward.key));
}
