//! Writing a notification: one form, the elements in the order of RFC 5438's schema.

use super::{Disposition, INTERWORKING, Imdn};
use crate::EncodeError;

impl Imdn {
    /// The document, to be the body of a [`Content::imdn`](crate::Content::imdn).
    ///
    /// # Errors
    /// [`EncodeError::Value`]: an empty or padded value, or a character that XML has no way to write.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let mut out = String::with_capacity(512);
        out.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n",
        );
        let leaves = [
            ("message-id", Some(&self.message_id)),
            ("datetime", Some(&self.date_time)),
            ("recipient-uri", self.recipient_uri.as_ref()),
            ("original-recipient-uri", self.original_recipient_uri.as_ref()),
            ("subject", self.subject.as_ref()),
        ];
        for (name, value) in leaves {
            let Some(value) = value else { continue };
            out.extend([" <", name, ">"]);
            push_text(value, &mut out)?;
            out.extend(["</", name, ">\r\n"]);
        }
        self.disposition.write(&mut out);
        out.push_str("</imdn>\r\n");
        Ok(out)
    }
}

impl Disposition {
    fn write(self, out: &mut String) {
        let (notification, status) = self.elements();
        let (prefix, declaration) = match notification {
            INTERWORKING => ("cpm:", " xmlns:cpm=\"urn:oma:xml:cpm:imdn-extensions:1.0\""),
            _ => ("", ""),
        };
        out.extend([" <", prefix, notification, declaration, ">"]);
        out.extend(["<", prefix, "status><", prefix, status, "/></", prefix, "status>"]);
        out.extend(["</", prefix, notification, ">\r\n"]);
    }
}

fn push_text(text: &str, out: &mut String) -> Result<(), EncodeError> {
    if text.is_empty() || text.trim().len() < text.len() {
        return Err(EncodeError::Value);
    }
    if text.bytes().all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>' | b'&')) {
        out.push_str(text);
        return Ok(());
    }
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A line end of its own would be read as LF, a control character not at all (XML 1.0 2.2, 2.11).
            '\r' => out.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => return Err(EncodeError::Value),
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\u{7f}'..='\u{9f}') => {
                return Err(EncodeError::Value);
            }
            c => out.push(c),
        }
    }
    Ok(())
}
