//! P-Access-Network-Info (RFC 7315 5.4, cell identities after 3GPP TS 24.229 7.2A.4) and, in the same form,
//! Cellular-Network-Info (TS 24.229 7.2.15, from memory): by which network a request came.

use crate::header::{Params, Value};
use crate::octets::Scan;

/// One access network.
#[derive(Debug, Clone, Copy)]
pub struct AccessNetwork<'a> {
    /// Its kind: `IEEE-802.11ac`, `3GPP-E-UTRAN-FDD`, ...
    pub kind: &'a [u8],
    /// `utran-cell-id-3gpp`, `cgi-3gpp`, `i-wlan-node-id`, `np`, ...
    pub params: Params<'a>,
}

/// The parameters that begin with a mobile network's code.
const CELLS: [&str; 3] = ["utran-cell-id-3gpp", "cgi-3gpp", "utran-sai-3gpp"];

impl<'a> AccessNetwork<'a> {
    /// Whether it is a wireless LAN.
    #[must_use]
    pub fn is_wifi(&self) -> bool {
        let name = b"IEEE-802.11";
        self.kind.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    }

    /// Whether a server of the network put it in, and not the device.
    #[must_use]
    pub fn is_network_provided(&self) -> bool {
        self.params.has("np")
    }

    /// MCC and MNC of the cell, five or six digits; nothing when it names no cell, or one of an unknown length.
    #[must_use]
    pub fn plmn(&self) -> Option<&'a [u8]> {
        let cell = CELLS.iter().find_map(|name| self.params.value(name))?;
        let digits = match cell.len() {
            // Behind the code stand an area of 4 and a cell of 4 (GSM) or 7 (UTRAN, E-UTRAN), or 6 and 9 (NR)
            // hexadecimal digits.
            13 | 16 | 20 => 5,
            14 | 17 | 21 => 6,
            _ => return None,
        };
        cell.get(..digits).filter(|code| code.iter().all(u8::is_ascii_digit))
    }
}

impl<'a> Value<'a> for AccessNetwork<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        Some(Self { kind: scan.token()?, params: Params::read(scan.rest())? })
    }
}
