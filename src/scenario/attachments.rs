//! What functions share: subnets and file systems, numbered as they are named, and the region's code storage.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::dated::Dated;
use super::reader::Reader;
use crate::lambda::{FileSystemConfig, Throughput};
use crate::units::MemoryMb;

/// Network interfaces of one VPC (LIM-15).
const MOST_INTERFACES: usize = 500;

/// Every subnet and file system of the account, as functions name them, and what their archives take.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    subnets: RefCell<Named<BTreeSet<String>>>,
    /// What is known of each one's throughput.
    file_systems: RefCell<Named<Option<Option<Throughput>>>>,
    /// MB of all archives (LIM-14).
    archives: Cell<u64>,
}

#[derive(Debug, Default)]
struct Named<T> {
    places: BTreeMap<String, u16>,
    /// What there is of each, and what else is known of it.
    amounts: Vec<(u32, T)>,
}

impl<T: Default> Named<T> {
    /// The place of `name`, which has `amount`; or the amount that it was given before, if that is another.
    fn place(&mut self, name: &str, amount: u32) -> Result<u16, u32> {
        if let Some(place) = self.places.get(name) {
            let known = self.amounts[usize::from(*place)].0;
            return if known == amount { Ok(*place) } else { Err(known) };
        }
        let place = u16::try_from(self.amounts.len()).map_err(|_| amount)?;
        self.places.insert(name.to_owned(), place);
        self.amounts.push((amount, T::default()));
        Ok(place)
    }
}

impl Attachments {
    /// The place of a subnet with so many free addresses; where it was told otherwise before: what was told.
    pub fn subnet(&self, name: &str, free: u32) -> Result<u16, u32> {
        self.subnets.borrow_mut().place(name, free)
    }

    /// Whether the subnet has the interface of these security groups already (VPC-3).
    pub fn knows_interface(&self, subnet: u16, security_groups: &str) -> bool {
        self.subnets.borrow().amounts[usize::from(subnet)]
            .1
            .contains(security_groups)
    }

    /// VPC-1: whether the subnet has, or has an address for, the interface of these security groups.
    pub fn has_interface(&self, subnet: u16, security_groups: &str) -> bool {
        let (free, interfaces) = &mut self.subnets.borrow_mut().amounts[usize::from(subnet)];
        if interfaces.contains(security_groups) {
            return true;
        }
        let possible = interfaces.len() < *free as usize;
        if possible {
            interfaces.insert(security_groups.to_owned());
        }
        possible
    }

    /// The place of a file system with so many connections; where it was told otherwise before: what was told.
    pub fn file_system(&self, name: &str, connections: u32) -> Result<u16, u32> {
        self.file_systems.borrow_mut().place(name, connections)
    }

    /// Whether a file system has this throughput: it was not told otherwise before.
    pub fn has_throughput(&self, file_system: u16, throughput: Option<Throughput>) -> bool {
        let known = &mut self.file_systems.borrow_mut().amounts[usize::from(file_system)].1;
        *known.get_or_insert(throughput) == throughput
    }

    /// An archive that a version keeps in the region's code storage (LIM-14).
    pub fn store(&self, archive: MemoryMb) {
        self.archives.set(self.archives.get().saturating_add(archive.0.into()));
    }

    /// MB of all archives so far.
    pub fn archives(&self) -> u64 {
        self.archives.get()
    }

    /// Warns of quotas that all functions together pass: network interfaces (LIM-15) and code storage (LIM-14).
    pub fn warn_of_quotas(&self, reader: &Reader, dated: &Dated) {
        let subnets = self.subnets.borrow();
        let interfaces: usize = subnets.amounts.iter().map(|(_, interfaces)| interfaces.len()).sum();
        if interfaces > MOST_INTERFACES {
            reader.warn(format!(
                "the functions need {interfaces} network interfaces: above {MOST_INTERFACES} in one VPC its quota has to be raised (LIM-15)"
            ));
        }
        let archives = self.archives.get();
        let room = if dated.on("SW-CODESTORE") { 300 } else { 75 };
        if archives > room * 1_024 {
            reader.warn(format!(
                "the archives of all versions have {archives} MB together: a region keeps {room} GB of code (LIM-14)"
            ));
        }
    }

    /// Free addresses of all subnets, and all file systems, by place.
    pub fn finish(self) -> (Vec<u32>, Vec<FileSystemConfig>) {
        let amounts = self.subnets.into_inner().amounts;
        let file_system = |(connections, throughput): (u32, Option<Option<Throughput>>)| FileSystemConfig {
            connections,
            throughput: throughput.flatten(),
        };
        let file_systems = self.file_systems.into_inner().amounts;
        (
            amounts.into_iter().map(|(amount, _)| amount).collect(),
            file_systems.into_iter().map(file_system).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vpc_1_functions_share_the_interface_of_a_subnet_and_its_security_groups() {
        let attachments = Attachments::default();
        let subnet = attachments.subnet("a", 1).unwrap();
        assert_eq!(attachments.subnet("a", 1), Ok(subnet));
        assert_eq!(attachments.subnet("a", 2), Err(1));
        let found = ["web", "web", "batch"].map(|groups| attachments.has_interface(subnet, groups));
        assert_eq!(found, [true, true, false]);
        assert_eq!(attachments.finish(), (vec![1], vec![]));
    }
}
