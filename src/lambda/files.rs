//! What invocations transfer to and from a file system (EFS-3).

use super::config::VersionConfig;
use super::execution::Execution;
use super::resources::Resources;
use super::task::Task;
use crate::facts::Verdict;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

/// What one client transfers in a second, at the most.
const CLIENT_BYTES_PER_SECOND: u64 = 500 << 20;
const SECOND: u128 = 1_000_000;

impl Execution {
    /// The handler takes so much longer as its transfer takes: behind those of others, and never faster than one client.
    pub fn move_files(
        &mut self,
        now: SimTime,
        task: &Task,
        version: &VersionConfig,
        resources: &mut Resources,
        key: StreamKey,
    ) {
        let mount = version
            .equipment
            .as_ref()
            .and_then(|equipment| equipment.mount.as_ref());
        let moved = mount.and_then(|mount| Some((mount.file_system, mount.transfer.as_ref()?)));
        let Some((file_system, sizes)) = moved.filter(|_| self.verdict != Verdict::Timeout) else {
            return;
        };
        let bytes = sizes.sample(key.draw(task.ordinal, task.attempt, Purpose::FileTransfer).first);
        let ready = now.saturating_add(self.busy().saturating_sub(self.duration));
        let alone = u128::from(bytes.0) * SECOND / u128::from(CLIENT_BYTES_PER_SECOND);
        let alone = ready.saturating_add(Span::from_micros(alone as u64));
        let end = resources.transfer(file_system, now, bytes).max(alone);
        self.stretch(end.since(ready), 1.0, version.timeout);
    }
}
