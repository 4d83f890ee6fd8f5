//! Named misbehaviours of app devices, by rate: `no-receipt:50,receipt-twice:100`.

use crate::chance::Dice;
use std::str::FromStr;

/// What can go wrong at a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// It shows the message and never says so.
    NoReceipt,
    /// It says so late.
    ReceiptLate,
    /// It says so twice.
    ReceiptTwice,
    /// It says "displayed" without having said "delivered".
    DisplayedOnly,
    /// It is gone right after the message came, before its receipt; the receipt goes out when it is back.
    LeavesAfterIncoming,
}

impl Misbehaviour {
    /// Every name in scripts.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("no-receipt", Self::NoReceipt),
        ("receipt-late", Self::ReceiptLate),
        ("receipt-twice", Self::ReceiptTwice),
        ("displayed-only", Self::DisplayedOnly),
        ("leaves-after-incoming", Self::LeavesAfterIncoming),
    ];
}

/// Misbehaviours with their rates in a thousand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The rules.
    pub rules: Vec<(Misbehaviour, u16)>,
}

/// A script that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no misbehaviour of a device, or its rate is not 0 to 1000")]
pub struct BadScript(String);

impl FromStr for Script {
    type Err = BadScript;

    fn from_str(text: &str) -> Result<Self, BadScript> {
        let rule = |text: &str| {
            let (name, rate) = text.split_once(':').unwrap_or((text, "1000"));
            let known = Misbehaviour::NAMES.iter().find(|(known, _)| *known == name);
            let rate = rate.parse().ok().filter(|rate| *rate <= 1000);
            known.zip(rate).map(|((_, what), rate)| (*what, rate)).ok_or_else(|| BadScript(text.to_owned()))
        };
        let rules = text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(rule);
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }
}

impl Script {
    /// Rolls the dice for one incoming message.
    pub(super) fn play(&self, dice: &mut Dice) -> Vec<Misbehaviour> {
        self.rules.iter().filter(|(_, rate)| dice.per_mille(*rate)).map(|(what, _)| *what).collect()
    }
}
