//! Notifications as they are met, and what XML can do to a reader that lets it.

use crate::table::notification;

const NS: &str = "xmlns=\"urn:ietf:params:xml:ns:imdn\"";

fn told(inner: &str) -> String {
    format!("<imdn {NS}><message-id>m1</message-id><datetime>t</datetime>{inner}</imdn>")
}

#[test]
fn every_status_of_every_notification() {
    let table = [
        ("delivery", "delivered", "Delivered"),
        ("delivery", "failed", "Failed"),
        ("delivery", "forbidden", "Forbidden"),
        ("delivery", "error", "Error"),
        ("processing", "processed", "Processing(Processed)"),
        ("processing", "stored", "Processing(Stored)"),
        ("processing", "forbidden", "Processing(Forbidden)"),
        ("processing", "error", "Processing(Error)"),
        ("display", "displayed", "Display(Displayed)"),
        ("display", "forbidden", "Display(Forbidden)"),
        ("display", "error", "Display(Error)"),
        ("interworking", "legacy-sms", "Interworking(LegacySms)"),
        ("interworking", "legacy-mms", "Interworking(LegacyMms)"),
        ("interworking", "error", "Interworking(Error)"),
    ];
    for (kind, status, meant) in table {
        let inner = format!("<{kind}-notification><status><{status}/></status></{kind}-notification>");
        notification(&format!("{kind} {status}"), told(&inner), &format!("m1 | {meant} | at t"));
    }
}

#[test]
fn documents_as_clients_write_them() {
    let delivered = "<delivery-notification><status><delivered/></status></delivery-notification>";
    let plain = "m1 | Delivered | at t";
    notification(
        "with a declaration, in lines",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n{}",
            told(delivered).replace("><", ">\r\n  <")
        ),
        plain,
    );
    notification("a byte order mark", format!("\u{feff}{}", told(delivered)), plain);
    notification(
        "all elements",
        told(&format!(
            "<recipient-uri>tel:+491</recipient-uri><original-recipient-uri>im:list@x</original-recipient-uri><subject>a &amp; b</subject>{delivered}"
        )),
        "m1 | Delivered | at t | to tel:+491 | once to im:list@x | about a & b",
    );
    notification(
        "another order",
        format!("<imdn>{delivered}<datetime>t</datetime><message-id>m1</message-id></imdn>"),
        plain,
    );
    notification(
        "a prefix everywhere",
        "<i:imdn xmlns:i='urn:ietf:params:xml:ns:imdn'><i:message-id>m1</i:message-id><i:delivery-notification><i:status><i:delivered/></i:status></i:delivery-notification></i:imdn>",
        "m1 | Delivered",
    );
    notification(
        "OMA's extension with its prefix",
        told(
            "<cpm:interworking-notification xmlns:cpm=\"urn:oma:xml:cpm:imdn-extensions:1.0\"><cpm:status><cpm:legacy-sms/></cpm:status></cpm:interworking-notification>",
        ),
        "m1 | Interworking(LegacySms) | at t",
    );
    notification(
        "an open and a close tag",
        told("<delivery-notification><status><delivered></delivered></status></delivery-notification>"),
        plain,
    );
    notification(
        "no status round it",
        told("<delivery-notification><delivered/></delivery-notification>"),
        plain,
    );
}

#[test]
fn extensions_and_what_a_text_is_made_of() {
    let delivered = "<delivery-notification><status><delivered/></status></delivery-notification>";
    let plain = "m1 | Delivered | at t";
    notification(
        "a reason beside the status",
        told(
            "<delivery-notification><status><failed/><l:reason code=\"415\">no</l:reason></status></delivery-notification>",
        ),
        "m1 | Failed | at t",
    );
    notification(
        "a code behind the status",
        told(
            "<delivery-notification><status><failed/></status><reason-code>7</reason-code></delivery-notification>",
        ),
        "m1 | Failed | at t",
    );
    notification(
        "an extension with children",
        told(&format!("<x><message-id>m2</message-id><y/></x>{delivered}")),
        plain,
    );
    notification("an element inside the id", told(delivered).replace("m1", "m<x>2</x>1"), plain);
    notification(
        "an id in CDATA with a comment",
        told(delivered).replace("m1", "<![CDATA[<m&]]><!-- x -->1"),
        "<m&1 | Delivered | at t",
    );
    notification(
        "an id with entities",
        told(delivered).replace("m1", "&lt;m&#x31;&gt;&quot;&apos;&#33;"),
        "<m1>\"'! | Delivered | at t",
    );
    notification("an id with space round it", told(delivered).replace("m1", "\n  m1\n"), plain);
    notification("no time", told(delivered).replace("<datetime>t</datetime>", ""), "m1 | Delivered");
    notification("an empty recipient", told(&format!("<recipient-uri/>{delivered}")), plain);
}

#[test]
fn documents_that_tell_nothing() {
    let delivered = "<delivery-notification><status><delivered/></status></delivery-notification>";
    notification("nothing", "", "refused: the document is no imdn");
    notification("text", "delivered", "refused: not well-formed XML in UTF-8");
    notification("other XML", "<isComposing/>", "refused: the document is no imdn");
    notification("two roots", format!("{0}{0}", told(delivered)), "refused: the document is no imdn");
    notification(
        "text behind the root",
        format!("{}x", told(delivered)),
        "refused: not well-formed XML in UTF-8",
    );
    notification("no id", told(delivered).replace("m1", " "), "refused: no message-id");
    notification(
        "two ids",
        told(&format!("{delivered}<message-id>m2</message-id>")),
        "refused: message-id stands twice",
    );
    notification(
        "two ids by two prefixes",
        told(&format!("{delivered}<x:message-id>m2</x:message-id>")),
        "refused: message-id stands twice",
    );
    notification("no notification", told(""), "refused: no notification in it");
    notification(
        "a notification without a status",
        told("<delivery-notification/>"),
        "refused: no notification in it",
    );
    notification(
        "an unknown status",
        told("<delivery-notification><status><lost/></status></delivery-notification>"),
        "refused: an unknown status",
    );
    notification(
        "the status of another notification",
        told("<delivery-notification><status><displayed/></status></delivery-notification>"),
        "refused: an unknown status",
    );
    notification(
        "an unknown notification",
        told("<reaction-notification><status><error/></status></reaction-notification>"),
        "refused: no notification in it",
    );
    notification(
        "two notifications",
        told(&format!(
            "{delivered}<display-notification><status><displayed/></status></display-notification>"
        )),
        "refused: a notification stands twice",
    );
    notification(
        "two statuses",
        told("<delivery-notification><status><delivered/><failed/></status></delivery-notification>"),
        "refused: a status stands twice",
    );
    notification(
        "an open root",
        told(delivered).replace("</imdn>", ""),
        "refused: not well-formed XML in UTF-8",
    );
    notification("crossed tags", told("<a><b></a></b>"), "refused: not well-formed XML in UTF-8");
}

#[test]
fn what_xml_can_do_to_a_reader() {
    let delivered = "<delivery-notification><status><delivered/></status></delivery-notification>";
    let id = |id: &str| told(delivered).replace("m1", id);
    let laughs = "<!DOCTYPE imdn [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    notification(
        "a billion laughs",
        format!("{laughs}{}", id("&b;")),
        "refused: a document type declaration",
    );
    notification(
        "an external entity",
        format!("<!DOCTYPE imdn [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}", id("&x;")),
        "refused: a document type declaration",
    );
    notification(
        "an external document type",
        format!("<!DOCTYPE imdn SYSTEM \"http://x/y.dtd\">{}", id("m1")),
        "refused: a document type declaration",
    );
    notification("an entity nobody declared", id("&x;"), "refused: an entity that XML does not define");
    notification("a character that is none", id("&#0;"), "refused: an entity that XML does not define");
    notification("an ampersand alone", id("a & b"), "refused: not well-formed XML in UTF-8");
    notification(
        "as deep as may be",
        told(&format!("{}{}{delivered}", "<x>".repeat(7), "</x>".repeat(7))),
        "m1 | Delivered | at t",
    );
    notification(
        "one too deep",
        told(&format!("{}{}", "<x>".repeat(8), "</x>".repeat(8))),
        "refused: elements too deep in each other",
    );
    notification(
        "very deep",
        format!("<imdn>{}", "<x>".repeat(5_000)),
        "refused: elements too deep in each other",
    );
    notification(
        "attributes by the thousand",
        told(&format!("<x {}/>{delivered}", "a=\"\" ".repeat(3_000))),
        "m1 | Delivered | at t",
    );
    notification("as long as may be", padded(wire_cpim::IMDN_MAX), "m1 | Delivered | at t");
    notification("one octet too long", padded(wire_cpim::IMDN_MAX + 1), "refused: more than 16384 octets");
    notification("far too long", padded(1000 * wire_cpim::IMDN_MAX), "refused: more than 16384 octets");
    let wide: Vec<u8> = told(delivered).encode_utf16().flat_map(u16::to_le_bytes).collect();
    notification("UTF-16", [&[0xff, 0xfe][..], &wide].concat(), "refused: not well-formed XML in UTF-8");
    notification(
        "UTF-7 by name, read as it is",
        format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{}", id("+ADw-m1")),
        "+ADw-m1 | Delivered | at t",
    );
    notification(
        "an octet that is no UTF-8",
        [told(delivered).as_bytes(), b"\xff"].concat(),
        "refused: not well-formed XML in UTF-8",
    );
}

fn padded(octets: usize) -> String {
    let document = told("<delivery-notification><status><delivered/></status></delivery-notification>");
    let pad = octets - document.len();
    document.replace("<imdn ", &format!("<imdn {}", " ".repeat(pad)))
}
