use super::config::AccountConfig;
use super::file_system::{FileSystemConfig, Pipe};
use crate::units::{Bytes, SimTime};

/// What functions share beyond concurrency: addresses of subnets and connections of file systems.
#[derive(Clone, Debug)]
pub(super) struct Resources {
    /// Free addresses by subnet (VPC-6).
    addresses: Vec<u32>,
    file_systems: Vec<FileSystem>,
}

#[derive(Clone, Copy, Debug)]
struct FileSystem {
    /// Most connections (EFS-2).
    limit: u32,
    connections: u32,
    pipe: Option<Pipe>,
}

impl Resources {
    pub fn new(config: &AccountConfig) -> Resources {
        let file_system = |config: &FileSystemConfig| FileSystem {
            limit: config.connections,
            connections: 0,
            pipe: Pipe::of(config),
        };
        Resources {
            addresses: config.subnets.clone(),
            file_systems: config.file_systems.iter().map(file_system).collect(),
        }
    }

    /// An address of the subnet among `of` that has most of them, the first one of equals; `None` where all are used up.
    pub fn take_address(&mut self, of: &[u16]) -> Option<u16> {
        let free = |subnet: &u16| self.addresses[*subnet as usize];
        let first_of_equals = |subnet: &&u16| (free(subnet), std::cmp::Reverse(**subnet));
        let subnet = *of
            .iter()
            .filter(|subnet| free(subnet) > 0)
            .max_by_key(first_of_equals)?;
        self.addresses[subnet as usize] -= 1;
        Some(subnet)
    }

    pub fn give_address_back(&mut self, subnet: u16) {
        self.addresses[subnet as usize] += 1;
    }

    /// EFS-2: a connection for one environment.
    pub fn connect(&mut self, file_system: u16) -> bool {
        let file_system = &mut self.file_systems[file_system as usize];
        let granted = file_system.connections < file_system.limit;
        file_system.connections += u32::from(granted);
        granted
    }

    /// When so many bytes that are asked for at `now` have passed the file system (EFS-3).
    pub fn transfer(&mut self, file_system: u16, now: SimTime, bytes: Bytes) -> SimTime {
        let pipe = &mut self.file_systems[file_system as usize].pipe;
        pipe.as_mut().map_or(now, |pipe| pipe.pass(now, bytes))
    }

    pub fn disconnect(&mut self, file_system: u16) {
        self.file_systems[file_system as usize].connections -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_emptiest_used_subnet_until_all_are_gone() {
        let mut resources = Resources {
            addresses: vec![1, 2, 5],
            file_systems: Vec::new(),
        };
        let taken: Vec<Option<u16>> = (0..4).map(|_| resources.take_address(&[0, 1])).collect();
        assert_eq!(taken, [Some(1), Some(0), Some(1), None]);
        resources.give_address_back(0);
        assert_eq!(resources.take_address(&[0, 1]), Some(0));
    }

    #[test]
    fn a_file_system_takes_as_many_connections_as_it_has() {
        let limit = FileSystem {
            limit: 2,
            connections: 0,
            pipe: None,
        };
        let mut resources = Resources {
            addresses: Vec::new(),
            file_systems: vec![limit],
        };
        assert_eq!([0; 3].map(|id| resources.connect(id)), [true, true, false]);
        resources.disconnect(0);
        assert!(resources.connect(0));
    }
}
