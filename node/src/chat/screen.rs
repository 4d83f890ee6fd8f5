//! The chat's picture: made whole from the state, drawn line by line.

use super::state::{Chat, Line, Prompt, Service};
use crate::http::text;
use crate::words;
use crossterm::cursor::MoveTo;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};
use crossterm::{execute, queue, terminal};
use serde_json::Value;
use std::io::Write;

/// The terminal in raw mode on its other screen, given back when dropped.
#[derive(Debug)]
pub(super) struct Raw;

impl Raw {
    /// Takes the terminal over.
    pub(super) fn enter() -> std::io::Result<Self> {
        terminal::enable_raw_mode()?;
        execute!(std::io::stdout(), terminal::EnterAlternateScreen)?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // When the terminal is gone there is nobody to tell.
        drop(execute!(std::io::stdout(), terminal::LeaveAlternateScreen));
        drop(terminal::disable_raw_mode());
    }
}

/// Draws the conversation.
pub(super) fn draw(out: &mut impl Write, chat: &Chat) -> std::io::Result<()> {
    let (width, height) = terminal::size().unwrap_or((80, 24));
    let picture = picture(chat, usize::from(width.max(20)), usize::from(height.max(8)));
    for (row, line) in (0..height).zip(&picture) {
        queue!(out, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
    }
    let last = u16::try_from(picture.len().saturating_sub(1)).unwrap_or(0);
    let column = picture.last().map_or(0, |line| line.chars().count());
    queue!(out, MoveTo(u16::try_from(column).unwrap_or(0), last))
}

/// The screen as lines: head, conversation, prices, question or note, input.
fn picture(chat: &Chat, width: usize, height: usize) -> Vec<String> {
    let mut foot = vec![rule(width)];
    foot.extend([prices(&chat.quote), promise(&chat.quote), below(chat)].map(|line| cut(&line, width)));
    foot.push(input(chat, width));
    let mut lines = vec![cut(&head(chat), width), rule(width)];
    let room = height.saturating_sub(lines.len() + foot.len());
    let said: Vec<String> = chat.lines.iter().rev().take(room).map(|line| cut(&said(line), width)).collect();
    lines.extend(std::iter::repeat_n(String::new(), room.saturating_sub(said.len())));
    lines.extend(said.into_iter().rev());
    lines.extend(foot);
    lines
}

/// What there is to say without a screen: a key that names the thing, and its line.
pub(super) fn lines(chat: &Chat) -> Vec<(String, String)> {
    let mut lines = vec![
        ("status".to_owned(), head(chat)),
        ("prices".to_owned(), prices(&chat.quote)),
        ("promise".to_owned(), promise(&chat.quote)),
    ];
    lines.retain(|(_, line)| !line.is_empty());
    lines.extend(chat.lines.iter().map(|line| (line.id.clone(), cut(&said(line), usize::MAX))));
    lines
        .extend(chat.prompts.first().map(|prompt| ("question".to_owned(), question(prompt) + "  /yes  /no")));
    lines.extend(chat.note.clone().map(|note| ("note".to_owned(), cut(&note, usize::MAX))));
    lines
}

fn rule(width: usize) -> String {
    "\u{2500}".repeat(width)
}

/// Cuts to the width, and takes out what could move the cursor: a message must not write on the screen.
fn cut(text: &str, width: usize) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(width).collect()
}

fn head(chat: &Chat) -> String {
    let recipient = chat.quote.get("recipient").cloned().unwrap_or_default();
    let status = match text(&recipient, "status") {
        "online" => "online".to_owned(),
        "offline" => match text(&recipient, "since").get(11..16) {
            Some(since) => format!("offline since {since}"),
            None => "offline".to_owned(),
        },
        "not_a_user" => "has no chat".to_owned(),
        _ => "status not known".to_owned(),
    };
    format!("{}  \u{00b7}  {status}", chat.with)
}

/// What each service would cost.
fn prices(quote: &Value) -> String {
    let services = quote.get("services").and_then(Value::as_array).into_iter().flatten();
    let parts: Vec<String> = services
        .map(|service| {
            let name = name(text(service, "service"));
            let units = service.get("units").and_then(Value::as_u64).unwrap_or(0);
            let mut notes = words::notes(service);
            if text(service, "unit") == "segment" && units > 1 {
                notes.insert(0, format!("{units} parts"));
            }
            let notes = notes.join(", ");
            let notes = if notes.is_empty() { notes } else { format!(" ({notes})") };
            format!("{name} {}{notes}", words::cost(service))
        })
        .collect();
    if parts.is_empty() { "asking for prices ...".into() } else { parts.join("  \u{00b7}  ") }
}

/// What is promised: the most that is paid, and what follows when the first service does not deliver.
fn promise(quote: &Value) -> String {
    let Some(followed) = words::followed(quote, name) else { return String::new() };
    let most = format!("You pay at most {}", words::amount(quote.get("you_pay_at_most")));
    [most, followed].into_iter().chain(words::notices(quote)).collect::<Vec<_>>().join("  \u{00b7}  ")
}

fn name(service: &str) -> &str {
    match service {
        "im" => "Chat",
        "sms" => "SMS",
        "mms" => "MMS",
        _ => "\u{2013}",
    }
}

/// The question, else the note, else what the keys do.
fn below(chat: &Chat) -> String {
    if let Some(prompt) = chat.prompts.first() {
        return question(prompt) + "  y: yes  n: no";
    }
    chat.note.clone().unwrap_or_else(|| "Enter: send   Tab: service   Esc: leave".into())
}

/// What a sender is asked.
pub(super) fn question(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Consent { service, price, .. } => {
            format!("Not delivered yet. Send by {} for {} in all?", name(service), words::amount(Some(price)))
        }
        Prompt::Rose { service, quote, .. } => {
            let by = match service {
                Service::Auto => text(quote, "suggested"),
                named => named.name(),
            };
            let cost = words::offered(quote, by).map(words::cost);
            format!(
                "The price rose, nothing was sent. Send by {} for {}?",
                name(by),
                cost.unwrap_or_default()
            )
        }
    }
}

fn input(chat: &Chat, width: usize) -> String {
    let service = match chat.service {
        Service::Auto => "Auto",
        named => name(named.name()),
    };
    let room = width.saturating_sub(service.len() + 3);
    let surplus = chat.input.chars().count().saturating_sub(room);
    let tail: String = chat.input.chars().skip(surplus).collect();
    format!("{service}> {tail}")
}

/// One line of the conversation with its tick.
fn said(line: &Line) -> String {
    let at = line.at.get(11..16).unwrap_or("--:--");
    if !line.ours {
        return format!("{at}  them: {}", line.text);
    }
    format!("{at}  you: {}   {}", line.text, tick(&line.message))
}

fn tick(message: &Value) -> String {
    let by = name(text(message, "service"));
    let charged = message.get("charge").filter(|charge| text(charge, "state") == "charged");
    let paid =
        charged.map_or_else(String::new, |charge| format!(" \u{00b7} {}", words::amount(Some(charge))));
    let reverted = message
        .get("attempts")
        .and_then(Value::as_array)
        .is_some_and(|attempts| attempts.iter().any(|attempt| text(attempt, "kind") == "revert"));
    let way = match message.get("attempts").and_then(Value::as_array).map_or(0, Vec::len) {
        0 | 1 => String::new(),
        _ if reverted => " \u{00b7} switched back".into(),
        _ => " \u{00b7} switched".into(),
    };
    let word = match text(message, "status") {
        "accepted" => "\u{00b7} with the server",
        "offered" => "? your choice",
        "sending" => "\u{2713} on its way",
        "waiting" => "\u{25f7} waiting",
        "delivered" => "\u{2713}\u{2713} delivered",
        "read" => "\u{2713}\u{2713} read",
        "refused" => "\u{2717} not accepted",
        "canceled" => "\u{21a9} taken back",
        "unknown" => "? not known",
        _ => "\u{2717} not delivered",
    };
    let why = Some(text(message, "reason")).filter(|reason| !reason.is_empty());
    let why = why.map_or_else(String::new, |reason| format!(" ({})", words::plain(reason)));
    format!("{word}{why} \u{00b7} {by}{way}{paid}")
}

#[cfg(test)]
mod tests {
    use super::picture;
    use crate::chat::state::{Chat, Happening, Key, Service};
    use serde_json::json;

    #[test]
    fn the_picture_shows_status_prices_ticks_and_the_question() {
        let mut chat = Chat::new("+46701000002".into());
        chat.step(Happening::Key(Key::Letter('h')));
        let services = json!([
            {"service": "im", "available": true, "price": {"amount": "0.0024", "currency": "EUR", "kind": "estimate"},
                "charge_on": "bearer", "units": 1, "unit": "byte"},
            {"service": "sms", "available": true, "price": {"amount": "0.24", "currency": "EUR", "kind": "exact"},
                "charge_on": "delivered", "units": 2, "unit": "segment",
                "allowance": {"id": "sms100", "left_after": 0, "unit": "segment"}},
            {"service": "mms", "available": false, "price": null, "reason": "no_service"}]);
        let recipient = json!({"status": "offline", "since": "2026-11-23T05:40:00.000Z"});
        let most = json!({"amount": "0.0024", "currency": "EUR"});
        let fallback = json!({"to": "sms", "automatic": false, "why": "price_above_limit", "consent": {"amount": "0.24", "currency": "EUR"}});
        let quote = json!({"id": "qt_1", "recipient": recipient, "services": services, "suggested": "im",
            "fallback": fallback, "you_pay_at_most": most});
        chat.step(Happening::Quoted { text: "h".into(), quote });
        let needed = json!({"service": "sms", "price": {"amount": "0.24", "currency": "EUR"}});
        let message = json!({"id": "msg_1", "status": "waiting", "service": "im", "accepted_at": "2026-11-23T05:41:00.000Z", "consent_needed": needed});
        chat.step(Happening::Message { text: Some("hello\u{1b}[2J".into()), message });
        let lines = picture(&chat, 160, 10);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "+46701000002  ·  offline since 05:40");
        assert_eq!(lines[4], "05:41  you: hello [2J   ◷ waiting · Chat");
        assert_eq!(
            lines[6],
            "Chat about 0.0024 EUR (billed as data by the network)  ·  SMS 0.24 EUR (2 parts, 0 segments left of sms100)  ·  MMS not possible (no service)"
        );
        assert_eq!(
            lines[7],
            "You pay at most 0.0024 EUR  ·  SMS follows only if you consent to 0.24 EUR in all"
        );
        assert_eq!(lines[8], "Not delivered yet. Send by SMS for 0.24 EUR in all?  y: yes  n: no");
        assert_eq!(lines[9], "Auto> h");
        let services =
            json!([{"service": "sms", "available": true, "price": {"amount": "0.25", "currency": "EUR"}}]);
        let quote = json!({"id": "qt_2", "suggested": "sms", "services": services});
        chat.prompts.clear();
        let text = "hello".to_owned();
        chat.step(Happening::Refused { text, service: Service::Auto, why: String::new(), quote });
        assert_eq!(
            picture(&chat, 160, 10)[8],
            "The price rose, nothing was sent. Send by SMS for 0.25 EUR?  y: yes  n: no"
        );
    }
}
