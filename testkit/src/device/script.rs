//! Named misbehaviours of app devices, in the grammar of all [scripts](crate::script): rates are rolled for each incoming
//! message, numbers are those of its sender.

use crate::script::{self, Misbehaves};

/// What can go wrong at a device. The names in scripts are in [`Misbehaviour::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of names beside them says what each does")]
pub enum Misbehaviour {
    NoReceipt,
    ReceiptLate,
    ReceiptTwice,
    DisplayedOnly,
    LeavesAfterIncoming,
}

/// What a device does wrong.
pub type Script = script::Script<Misbehaviour>;

impl Misbehaviour {
    /// Every name, with what it does.
    pub const NAMES: &'static [(&'static str, Self, &'static str)] = &[
        ("no-receipt", Self::NoReceipt, "it shows the message and never says so"),
        ("receipt-late", Self::ReceiptLate, "it says so late"),
        ("receipt-twice", Self::ReceiptTwice, "it says so twice"),
        ("displayed-only", Self::DisplayedOnly, "it says \"displayed\" without having said \"delivered\""),
        (
            "leaves-after-incoming",
            Self::LeavesAfterIncoming,
            "it is gone right after the message came; the receipt goes out when it is back",
        ),
    ];
}

impl Misbehaves for Misbehaviour {
    const NAMES: &'static [(&'static str, Self, &'static str)] = Self::NAMES;
}
