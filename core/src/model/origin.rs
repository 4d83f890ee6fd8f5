//! Where a sender is when they send: the visited network and whether the message goes over Wi-Fi. A small fact that
//! makes chat free or a text dear.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a message is sent from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The visited network; nothing: at home.
    pub visited: Option<Plmn>,
    /// Over Wi-Fi: what needs no mobile network then does not use it.
    pub wifi: bool,
}

impl Origin {
    /// In the home network, not over Wi-Fi.
    pub const HOME: Self = Self { visited: None, wifi: false };

    /// Reads `home`, `wifi`, the digits of a visited network such as `52001`, or `wifi@52001`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "home" => return Some(Self::HOME),
            "wifi" => return Some(Self { visited: None, wifi: true }),
            _ => {}
        }
        let (wifi, digits) = text.strip_prefix("wifi@").map_or((false, text), |digits| (true, digits));
        Some(Self { visited: Some(Plmn::parse(digits)?), wifi })
    }
}

impl fmt::Display for Origin {
    /// As [`Self::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.wifi, self.visited) {
            (false, None) => f.write_str("home"),
            (true, None) => f.write_str("wifi"),
            (false, Some(plmn)) => write!(f, "{plmn}"),
            (true, Some(plmn)) => write!(f, "wifi@{plmn}"),
        }
    }
}

/// A mobile network's code: MCC and MNC, five or six digits with a one before them, so that `01` is not `001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Plmn(u32);

impl Plmn {
    /// The network of five or six digits, such as `26201`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = (5..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        sound.then(|| format!("1{text}").parse().ok().map(Self))?
    }

    /// Its mobile country code.
    #[must_use]
    pub const fn mcc(self) -> u16 {
        let mut rest = self.0;
        while rest >= 2000 {
            rest /= 10;
        }
        // At most 999: a one and three digits are left.
        let [_, _, high, low] = rest.wrapping_sub(1000).to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}

impl fmt::Display for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().get(1..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Plmn};

    #[test]
    fn a_networks_code_keeps_its_digits() {
        for (text, mcc) in [("26201", 262), ("310012", 310), ("31012", 310), ("00101", 1), ("001001", 1)] {
            let plmn = Plmn::parse(text).unwrap();
            assert_eq!((plmn.mcc(), plmn.to_string().as_str()), (mcc, text));
        }
        assert_ne!(Plmn::parse("31012"), Plmn::parse("310012"));
        for bad in ["2620", "2620123", "2620a", "", "+2620"] {
            assert_eq!(Plmn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_origin_is_written_as_it_is_read() {
        for text in ["home", "wifi", "26201", "wifi@310012"] {
            assert_eq!(Origin::parse(text).map(|origin| origin.to_string()).as_deref(), Some(text));
        }
        for bad in ["", "Home", "wifi@", "wifi@home", "abroad", "2620"] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }
}
