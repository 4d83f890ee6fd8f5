//! `command_status` (SMPP 3.4 5.1.3, and the few of 5.0 4.7.6 that peers use): names only. What a status means for
//! a message is decided elsewhere, per route.

use std::fmt;

/// A `command_status` as it stands on the wire: any number, most without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct CommandStatus(pub u32);

macro_rules! statuses {
    ($($code:literal $name:ident $text:literal $doc:literal;)+) => {
        impl CommandStatus {
            $(#[doc = $doc] pub const $name: Self = Self($code);)+

            /// The name of the standard, such as `ESME_RTHROTTLED`; `None` for reserved and vendor codes.
            #[must_use]
            pub const fn as_str(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)+
                    _ => None,
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(u32, &str)] = &[$(($code, $text)),+];
    };
}

statuses! {
    0x00 OK "ESME_ROK" "No error.";
    0x01 INVMSGLEN "ESME_RINVMSGLEN" "Message length is invalid.";
    0x02 INVCMDLEN "ESME_RINVCMDLEN" "Command length is invalid.";
    0x03 INVCMDID "ESME_RINVCMDID" "Invalid command id.";
    0x04 INVBNDSTS "ESME_RINVBNDSTS" "Incorrect bind status for the command.";
    0x05 ALYBND "ESME_RALYBND" "Already bound.";
    0x06 INVPRTFLG "ESME_RINVPRTFLG" "Invalid priority flag.";
    0x07 INVREGDLVFLG "ESME_RINVREGDLVFLG" "Invalid registered delivery flag.";
    0x08 SYSERR "ESME_RSYSERR" "System error.";
    0x0A INVSRCADR "ESME_RINVSRCADR" "Invalid source address.";
    0x0B INVDSTADR "ESME_RINVDSTADR" "Invalid destination address.";
    0x0C INVMSGID "ESME_RINVMSGID" "Message id is invalid.";
    0x0D BINDFAIL "ESME_RBINDFAIL" "Bind failed.";
    0x0E INVPASWD "ESME_RINVPASWD" "Invalid password.";
    0x0F INVSYSID "ESME_RINVSYSID" "Invalid system id.";
    0x11 CANCELFAIL "ESME_RCANCELFAIL" "`cancel_sm` failed.";
    0x13 REPLACEFAIL "ESME_RREPLACEFAIL" "`replace_sm` failed.";
    0x14 MSGQFUL "ESME_RMSGQFUL" "Message queue is full.";
    0x15 INVSERTYP "ESME_RINVSERTYP" "Invalid service type.";
    0x33 INVNUMDESTS "ESME_RINVNUMDESTS" "Invalid number of destinations.";
    0x34 INVDLNAME "ESME_RINVDLNAME" "Invalid distribution list name.";
    0x40 INVDESTFLAG "ESME_RINVDESTFLAG" "Invalid destination flag (`submit_multi`).";
    0x42 INVSUBREP "ESME_RINVSUBREP" "Invalid submit with replace.";
    0x43 INVESMCLASS "ESME_RINVESMCLASS" "Invalid `esm_class`.";
    0x44 CNTSUBDL "ESME_RCNTSUBDL" "Can't submit to a distribution list.";
    0x45 SUBMITFAIL "ESME_RSUBMITFAIL" "`submit_sm` or `submit_multi` failed.";
    0x48 INVSRCTON "ESME_RINVSRCTON" "Invalid source TON.";
    0x49 INVSRCNPI "ESME_RINVSRCNPI" "Invalid source NPI.";
    0x50 INVDSTTON "ESME_RINVDSTTON" "Invalid destination TON.";
    0x51 INVDSTNPI "ESME_RINVDSTNPI" "Invalid destination NPI.";
    0x53 INVSYSTYP "ESME_RINVSYSTYP" "Invalid system type.";
    0x54 INVREPFLAG "ESME_RINVREPFLAG" "Invalid `replace_if_present` flag.";
    0x55 INVNUMMSGS "ESME_RINVNUMMSGS" "Invalid number of messages.";
    0x58 THROTTLED "ESME_RTHROTTLED" "The sender exceeds its allowed rate.";
    0x61 INVSCHED "ESME_RINVSCHED" "Invalid scheduled delivery time.";
    0x62 INVEXPIRY "ESME_RINVEXPIRY" "Invalid validity period.";
    0x63 INVDFTMSGID "ESME_RINVDFTMSGID" "Predefined message is invalid or not found.";
    0x64 X_T_APPN "ESME_RX_T_APPN" "Receiver: temporary application error.";
    0x65 X_P_APPN "ESME_RX_P_APPN" "Receiver: permanent application error.";
    0x66 X_R_APPN "ESME_RX_R_APPN" "Receiver: rejected the message.";
    0x67 QUERYFAIL "ESME_RQUERYFAIL" "`query_sm` failed.";
    0xC0 INVOPTPARSTREAM "ESME_RINVOPTPARSTREAM" "Error in the optional part of the PDU.";
    0xC1 OPTPARNOTALLWD "ESME_ROPTPARNOTALLWD" "Optional parameter is not allowed.";
    0xC2 INVPARLEN "ESME_RINVPARLEN" "Invalid parameter length.";
    0xC3 MISSINGOPTPARAM "ESME_RMISSINGOPTPARAM" "Expected optional parameter is missing.";
    0xC4 INVOPTPARAMVAL "ESME_RINVOPTPARAMVAL" "Invalid value of an optional parameter.";
    0xFE DELIVERYFAILURE "ESME_RDELIVERYFAILURE" "Delivery failed (`data_sm_resp`).";
    0xFF UNKNOWNERR "ESME_RUNKNOWNERR" "Unknown error.";
    0x100 SERTYPUNAUTH "ESME_RSERTYPUNAUTH" "5.0: not authorised for the service type.";
    0x101 PROHIBITED "ESME_RPROHIBITED" "5.0: prohibited from the operation.";
    0x102 SERTYPUNAVAIL "ESME_RSERTYPUNAVAIL" "5.0: the service type is unavailable.";
    0x103 SERTYPDENIED "ESME_RSERTYPDENIED" "5.0: the service type is denied.";
    0x104 INVDCS "ESME_RINVDCS" "5.0: invalid data coding scheme.";
    0x105 INVSRCADDRSUBUNIT "ESME_RINVSRCADDRSUBUNIT" "5.0: source address sub-unit is invalid.";
    0x106 INVDSTADDRSUBUNIT "ESME_RINVDSTADDRSUBUNIT" "5.0: destination address sub-unit is invalid.";
}

impl CommandStatus {
    /// Whether this is `ESME_ROK`.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(name) => write!(f, "{name} (0x{:08X})", self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_without_twins_and_names_have_the_prefix_of_the_standard() {
        assert!(ALL.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(ALL.iter().all(|(_, name)| name.starts_with("ESME_R")));
        assert_eq!(ALL.len(), 55);
    }

    #[test]
    fn display_keeps_codes_without_a_name() {
        assert_eq!(CommandStatus::THROTTLED.to_string(), "ESME_RTHROTTLED (0x00000058)");
        assert_eq!(CommandStatus(0x0410).to_string(), "0x00000410");
    }
}
