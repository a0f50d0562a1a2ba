use super::config::INTERFACE_MB;
use super::resources::Resources;
use crate::facts::ErrorCode;

/// Network interfaces of one function before SW-VPC (VPC-6).
#[derive(Clone, Debug, Default)]
pub(super) struct Interfaces {
    /// Memory of the environments they carry.
    mb: u64,
    /// The subnet of each.
    subnets: Vec<u16>,
}

impl Interfaces {
    /// Adds an environment; whether it needed another interface, or the error where there is no address for one.
    pub fn carry(&mut self, mb: u32, of: &[u16], resources: &mut Resources) -> Result<bool, ErrorCode> {
        let needs_another = (self.mb + mb as u64).div_ceil(INTERFACE_MB) > self.subnets.len() as u64;
        if needs_another {
            let subnet = resources.take_address(of).ok_or(ErrorCode::EniLimitReached)?;
            self.subnets.push(subnet);
        }
        self.mb += mb as u64;
        Ok(needs_another)
    }

    pub fn release(&mut self, mb: u32, resources: &mut Resources) {
        self.mb -= mb as u64;
        while self.subnets.len() as u64 > self.mb.div_ceil(INTERFACE_MB) {
            if let Some(subnet) = self.subnets.pop() {
                resources.give_address_back(subnet);
            }
        }
    }
}
