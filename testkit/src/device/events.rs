//! Server-Sent Events, read as they come (WHATWG HTML 9.2), and the one event that a device lives for.

use serde_json::Value;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) id: Option<String>,
    pub(super) kind: String,
    pub(super) data: String,
}

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    event: Event,
}

impl Reader {
    /// Takes the whole lines off `bytes` and gives the events that they end.
    pub(super) fn take(&mut self, bytes: &mut Vec<u8>) -> Vec<Event> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let whole: Vec<u8> = bytes.drain(..=end).collect();
        String::from_utf8_lossy(&whole).lines().filter_map(|line| self.line(line)).collect()
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // Comments (heartbeats), `retry`, and what may come later.
            _ => {}
        }
        None
    }
}

/// An incoming message as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) message: String,
    pub(super) from: String,
    pub(super) text: String,
}

impl Incoming {
    /// Of a `message.incoming` event; `None` for all others.
    pub(super) fn read(event: &Event) -> Option<Self> {
        let value: Value = serde_json::from_str(&event.data).ok()?;
        let kind = value.get("type").and_then(Value::as_str).unwrap_or(&event.kind);
        if kind != "message.incoming" {
            return None;
        }
        let data = value.get("data")?;
        let text_of = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            message: text_of(&value, "message")?,
            from: text_of(data, "from").unwrap_or_default(),
            text: text_of(data, "text").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_pieces_and_heartbeats_are_none() {
        let mut reader = Reader::default();
        let mut bytes = Vec::new();
        let mut events = Vec::new();
        let stream = ": heartbeat\n\nid: 7\nevent: message.incoming\ndata: {\"type\":\"message.incoming\",\"message\":\"msg_1\",\ndata: \"data\":{\"from\":\"+46\",\"text\":\"Hej\"}}\n\nretry: 1000\n\n";
        for piece in stream.as_bytes().chunks(3) {
            bytes.extend_from_slice(piece);
            events.extend(reader.take(&mut bytes));
        }
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].id.as_deref(), Some("7"));
        let incoming = Incoming::read(&events[0]).unwrap();
        assert_eq!(incoming, Incoming { message: "msg_1".into(), from: "+46".into(), text: "Hej".into() });
    }

    #[test]
    fn other_events_are_not_messages() {
        let data = r#"{"type":"message.delivered","message":"msg_1","data":{}}"#.to_owned();
        assert_eq!(Incoming::read(&Event { id: None, kind: "message.incoming".into(), data }), None);
    }
}
