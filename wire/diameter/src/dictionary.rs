//! The AVPs that are read or written here: code, vendor and type, as RFC 6733 4.5, RFC 8506 8 and TS 32.299 7.2 list
//! them. The mandatory bit is the one we write.

use crate::avp::{Address, Definition, Grouped, I32, I64, Octets, Text, Time, U32, U64};
use crate::header::VENDOR_3GPP;

macro_rules! avps {
    ($vendor:expr, $mandatory:expr; $($name:ident: $kind:ty = $code:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        pub const $name: Definition<$kind> = Definition::new($code, $vendor, $mandatory);
    )*};
}

avps! { 0, true;
    EVENT_TIMESTAMP: Time = 55, "Event-Timestamp";
    HOST_IP_ADDRESS: Address = 257, "Host-IP-Address";
    AUTH_APPLICATION_ID: U32 = 258, "Auth-Application-Id";
    VENDOR_SPECIFIC_APPLICATION_ID: Grouped = 260, "Vendor-Specific-Application-Id";
    SESSION_ID: Text = 263, "Session-Id";
    ORIGIN_HOST: Text = 264, "Origin-Host";
    SUPPORTED_VENDOR_ID: U32 = 265, "Supported-Vendor-Id";
    VENDOR_ID: U32 = 266, "Vendor-Id";
    RESULT_CODE: U32 = 268, "Result-Code";
    DISCONNECT_CAUSE: I32 = 273, "Disconnect-Cause";
    ORIGIN_STATE_ID: U32 = 278, "Origin-State-Id";
    FAILED_AVP: Grouped = 279, "Failed-AVP";
    DESTINATION_REALM: Text = 283, "Destination-Realm";
    DESTINATION_HOST: Text = 293, "Destination-Host";
    TERMINATION_CAUSE: I32 = 295, "Termination-Cause";
    ORIGIN_REALM: Text = 296, "Origin-Realm";
    EXPERIMENTAL_RESULT: Grouped = 297, "Experimental-Result";
    EXPERIMENTAL_RESULT_CODE: U32 = 298, "Experimental-Result-Code";

    CC_INPUT_OCTETS: U64 = 412, "CC-Input-Octets";
    CC_MONEY: Grouped = 413, "CC-Money";
    CC_OUTPUT_OCTETS: U64 = 414, "CC-Output-Octets";
    CC_REQUEST_NUMBER: U32 = 415, "CC-Request-Number";
    CC_REQUEST_TYPE: I32 = 416, "CC-Request-Type";
    CC_SERVICE_SPECIFIC_UNITS: U64 = 417, "CC-Service-Specific-Units";
    CC_SESSION_FAILOVER: I32 = 418, "CC-Session-Failover";
    CC_TIME: U32 = 420, "CC-Time";
    CC_TOTAL_OCTETS: U64 = 421, "CC-Total-Octets";
    CHECK_BALANCE_RESULT: I32 = 422, "Check-Balance-Result";
    COST_INFORMATION: Grouped = 423, "Cost-Information";
    COST_UNIT: Text = 424, "Cost-Unit";
    CURRENCY_CODE: U32 = 425, "Currency-Code";
    CREDIT_CONTROL_FAILURE_HANDLING: I32 = 427, "Credit-Control-Failure-Handling";
    DIRECT_DEBITING_FAILURE_HANDLING: I32 = 428, "Direct-Debiting-Failure-Handling";
    EXPONENT: I32 = 429, "Exponent";
    FINAL_UNIT_INDICATION: Grouped = 430, "Final-Unit-Indication";
    GRANTED_SERVICE_UNIT: Grouped = 431, "Granted-Service-Unit";
    RATING_GROUP: U32 = 432, "Rating-Group";
    REQUESTED_ACTION: I32 = 436, "Requested-Action";
    REQUESTED_SERVICE_UNIT: Grouped = 437, "Requested-Service-Unit";
    SERVICE_IDENTIFIER: U32 = 439, "Service-Identifier";
    SUBSCRIPTION_ID: Grouped = 443, "Subscription-Id";
    SUBSCRIPTION_ID_DATA: Text = 444, "Subscription-Id-Data";
    UNIT_VALUE: Grouped = 445, "Unit-Value";
    USED_SERVICE_UNIT: Grouped = 446, "Used-Service-Unit";
    VALUE_DIGITS: I64 = 447, "Value-Digits";
    VALIDITY_TIME: U32 = 448, "Validity-Time";
    FINAL_UNIT_ACTION: I32 = 449, "Final-Unit-Action";
    SUBSCRIPTION_ID_TYPE: I32 = 450, "Subscription-Id-Type";
    CC_UNIT_TYPE: I32 = 454, "CC-Unit-Type";
    MULTIPLE_SERVICES_INDICATOR: I32 = 455, "Multiple-Services-Indicator";
    MULTIPLE_SERVICES_CREDIT_CONTROL: Grouped = 456, "Multiple-Services-Credit-Control";
    SERVICE_CONTEXT_ID: Text = 461, "Service-Context-Id";
}

avps! { 0, false;
    FIRMWARE_REVISION: U32 = 267, "Firmware-Revision";
    PRODUCT_NAME: Text = 269, "Product-Name";
    ERROR_MESSAGE: Text = 281, "Error-Message";
    ERROR_REPORTING_HOST: Text = 294, "Error-Reporting-Host";
}

avps! { VENDOR_3GPP, true;
    TGPP_SGSN_MCC_MNC: Text = 18, "3GPP-SGSN-MCC-MNC";
    TGPP_RAT_TYPE: Octets = 21, "3GPP-RAT-Type";
    EVENT_TYPE: Grouped = 823, "Event-Type";
    SIP_METHOD: Text = 824, "SIP-Method";
    CONTENT_TYPE: Text = 826, "Content-Type";
    CONTENT_LENGTH: U32 = 827, "Content-Length";
    ROLE_OF_NODE: I32 = 829, "Role-Of-Node";
    CALLING_PARTY_ADDRESS: Text = 831, "Calling-Party-Address";
    CALLED_PARTY_ADDRESS: Text = 832, "Called-Party-Address";
    IMS_CHARGING_IDENTIFIER: Text = 841, "IMS-Charging-Identifier";
    NODE_FUNCTIONALITY: I32 = 862, "Node-Functionality";
    SERVICE_INFORMATION: Grouped = 873, "Service-Information";
    PS_INFORMATION: Grouped = 874, "PS-Information";
    IMS_INFORMATION: Grouped = 876, "IMS-Information";
    MMS_INFORMATION: Grouped = 877, "MMS-Information";
    ORIGINATOR_ADDRESS: Grouped = 886, "Originator-Address";
    MESSAGE_BODY: Grouped = 889, "Message-Body";
    ADDRESS_DATA: Text = 897, "Address-Data";
    ADDRESS_TYPE: I32 = 899, "Address-Type";
    RECIPIENT_ADDRESS: Grouped = 1201, "Recipient-Address";
    MESSAGE_ID: Text = 1210, "Message-ID";
    MESSAGE_TYPE: I32 = 1211, "Message-Type";
    MESSAGE_SIZE: U32 = 1212, "Message-Size";
    CONTENT_CLASS: I32 = 1220, "Content-Class";
    ACCESS_NETWORK_INFORMATION: Octets = 1263, "Access-Network-Information";
    DATA_CODING_SCHEME: I32 = 2001, "Data-Coding-Scheme";
    SMS_INFORMATION: Grouped = 2000, "SMS-Information";
    SM_MESSAGE_TYPE: I32 = 2007, "SM-Message-Type";
    SM_USER_DATA_HEADER: Octets = 2015, "SM-User-Data-Header";
    SMS_NODE: I32 = 2016, "SMS-Node";
    NUMBER_OF_MESSAGES_SENT: U32 = 2019, "Number-Of-Messages-Sent";
    LOW_BALANCE_INDICATION: I32 = 2020, "Low-Balance-Indication";
    REMAINING_BALANCE: Grouped = 2021, "Remaining-Balance";
    RECIPIENT_INFO: Grouped = 2026, "Recipient-Info";
    ACCUMULATED_COST: Grouped = 2052, "Accumulated-Cost";
    AOC_COST_INFORMATION: Grouped = 2053, "AoC-Cost-Information";
    AOC_INFORMATION: Grouped = 2054, "AoC-Information";
    AOC_REQUEST_TYPE: I32 = 2055, "AoC-Request-Type";
    CURRENT_TARIFF: Grouped = 2056, "Current-Tariff";
    RATE_ELEMENT: Grouped = 2058, "Rate-Element";
    SCALE_FACTOR: Grouped = 2059, "Scale-Factor";
    TARIFF_INFORMATION: Grouped = 2060, "Tariff-Information";
    UNIT_COST: Grouped = 2061, "Unit-Cost";
    INCREMENTAL_COST: Grouped = 2062, "Incremental-Cost";
}
