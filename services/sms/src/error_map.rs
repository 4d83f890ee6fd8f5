//! What a `command_status` means for a message (the map of statuses is normative for us): one exhaustive match, in
//! a file of its own, so that a person of the trade can check it line by line.

use switchback_core::model::FailureClass;
use wire_smpp::CommandStatus;

/// The meaning of an answer to `submit_sm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The SMSC took it.
    Taken,
    /// The link is too fast (T12): the same attempt waits; no outcome.
    SlowDown,
    /// The optional parameters are not understood: once more without them.
    WithoutTlvs,
    /// Not taken.
    Failed(FailureClass),
}

/// The meaning of `status` as an answer to `submit_sm`. Codes that the standard reserves are temporary: they come
/// from vendors, and a permanent reading would end messages on a guess.
pub(crate) const fn meaning_of(status: CommandStatus) -> Meaning {
    const LOCAL: Meaning = Meaning::Failed(FailureClass::Local);
    const PERMANENT: Meaning = Meaning::Failed(FailureClass::Permanent);
    const TEMPORARY: Meaning = Meaning::Failed(FailureClass::Temporary);
    match status.0 {
        0x00 => Meaning::Taken,
        // Length, command, flags: our own mistake.
        0x01..=0x03 | 0x06..=0x07 => LOCAL,
        // Not bound, or bound already: our session is not what we think.
        0x04..=0x05 => LOCAL,
        // System error.
        0x08 => TEMPORARY,
        // Source address and its type and plan.
        0x0A | 0x48..=0x49 => LOCAL,
        // Destination address and its type and plan.
        0x0B | 0x50..=0x51 => PERMANENT,
        // Answers to other commands than submit_sm: the peer is confused.
        0x0C | 0x11 | 0x13 | 0x67 => TEMPORARY,
        // Bind, password, system id, system type.
        0x0D..=0x0F | 0x53 => LOCAL,
        // Message queue full; throttled.
        0x14 | 0x58 => Meaning::SlowDown,
        // Service type; distribution lists, replacing, predefined messages: we never ask for them.
        0x15 | 0x33..=0x34 | 0x40 | 0x42 | 0x44 | 0x54..=0x55 | 0x63 => LOCAL,
        // esm_class: user data headers are not allowed here.
        0x43 => LOCAL,
        // submit_sm failed: vendors use it for anything.
        0x45 => TEMPORARY,
        // Schedule and validity.
        0x61..=0x62 => LOCAL,
        // Receiver: temporary; permanent; rejected.
        0x64 => TEMPORARY,
        0x65..=0x66 => PERMANENT,
        // Optional parameters.
        0xC0..=0xC4 => Meaning::WithoutTlvs,
        // Delivery failure; unknown error.
        0xFE => PERMANENT,
        0xFF => TEMPORARY,
        // 5.0: service type not authorised, prohibited, unavailable, denied.
        0x100 => LOCAL,
        0x101 | 0x103 => PERMANENT,
        0x102 => TEMPORARY,
        // 5.0: data coding (another service can carry it); sub-units of addresses.
        0x104 => PERMANENT,
        0x105..=0x106 => LOCAL,
        // Vendors.
        0x400..=0x4FF => TEMPORARY,
        // Reserved.
        0x09
        | 0x10
        | 0x12
        | 0x16..=0x32
        | 0x35..=0x3F
        | 0x41
        | 0x46..=0x47
        | 0x4A..=0x4F
        | 0x52
        | 0x56..=0x57
        | 0x59..=0x60
        | 0x68..=0xBF
        | 0xC5..=0xFD
        | 0x107..=0x3FF
        | 0x500..=0xFFFF_FFFF => TEMPORARY,
    }
}

/// Whether a refused bind is about our credentials: knocking faster will not help (T28).
pub(crate) const fn is_about_credentials(status: CommandStatus) -> bool {
    matches!(
        status,
        CommandStatus::BINDFAIL
            | CommandStatus::INVPASWD
            | CommandStatus::INVSYSID
            | CommandStatus::INVSYSTYP
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Local, Permanent, Temporary};

    #[test]
    fn every_status_of_the_map_has_its_class() {
        let failed: &[(FailureClass, &[u32])] = &[
            (Local, &[0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0A, 0x48, 0x49, 0x0D, 0x0E, 0x0F, 0x53]),
            (
                Local,
                &[
                    0x15, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x54, 0x55, 0x61, 0x62, 0x63, 0x100, 0x105,
                    0x106,
                ],
            ),
            (Permanent, &[0x0B, 0x50, 0x51, 0x65, 0x66, 0xFE, 0x101, 0x103, 0x104]),
            (Temporary, &[0x08, 0x45, 0x64, 0xFF, 0x102, 0x400, 0x4FF, 0x0C, 0x11, 0x13, 0x67]),
            (Temporary, &[0x09, 0x10, 0x62 + 0x100, 0x500, u32::MAX]),
        ];
        for (class, codes) in failed {
            for code in *codes {
                assert_eq!(meaning_of(CommandStatus(*code)), Meaning::Failed(*class), "{code:#x}");
            }
        }
        assert_eq!(meaning_of(CommandStatus::OK), Meaning::Taken);
        for slow in [CommandStatus::THROTTLED, CommandStatus::MSGQFUL] {
            assert_eq!(meaning_of(slow), Meaning::SlowDown);
        }
        for code in 0xC0..=0xC4 {
            assert_eq!(meaning_of(CommandStatus(code)), Meaning::WithoutTlvs);
        }
    }
}
