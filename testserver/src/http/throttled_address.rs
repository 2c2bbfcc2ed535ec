//! IP addresses as the rate limits count them.

use std::net::{IpAddr, Ipv6Addr};

/// Length of the prefix under which IPv6 addresses are counted together.
const IPV6_PREFIX: u8 = 64;

/// Returns the address under which requests are counted: of an IPv6 address only the network.
pub(crate) fn throttled_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let rest = 128 - IPV6_PREFIX;
            Ipv6Addr::from_bits(address.to_bits() >> rest << rest).to_string()
        }
    }
}
