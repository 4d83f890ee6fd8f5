//! The chat's picture: made whole from the state, drawn line by line.

use super::state::{Chat, Line, Service};
use crate::http::text;
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
    let mut foot = vec![rule(width), cut(&prices(&chat.quote), width)];
    foot.push(cut(&below(chat), width));
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
    let mut lines = vec![("status".to_owned(), head(chat)), ("prices".to_owned(), prices(&chat.quote))];
    lines.extend(chat.lines.iter().map(|line| (line.id.clone(), cut(&said(line), usize::MAX))));
    if let Some(prompt) = &chat.prompt {
        let question = format!(
            "Not delivered. Send by {} for {}?  /yes  /no",
            name(&prompt.service),
            price(Some(&prompt.price))
        );
        lines.push((format!("question {}", prompt.id), question));
    }
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

/// What each service would cost, and at most.
fn prices(quote: &Value) -> String {
    let services = quote.get("services").and_then(Value::as_array).into_iter().flatten();
    let mut parts: Vec<String> = services
        .map(|service| {
            let name = name(text(service, "service"));
            let units = service.get("units").and_then(Value::as_u64).unwrap_or(0);
            let units = if text(service, "unit") == "segment" && units > 1 {
                format!(" ({units} parts)")
            } else {
                String::new()
            };
            match service.get("available").and_then(Value::as_bool) {
                Some(true) => format!("{name} {}{units}", price(service.get("price"))),
                _ => format!("{name} \u{2013} {}", text(service, "reason").replace('_', " ")),
            }
        })
        .collect();
    if quote.get("you_pay_at_most").is_some_and(Value::is_object) {
        parts.push(format!("you pay at most {}", price(quote.get("you_pay_at_most"))));
    }
    if parts.is_empty() { "asking for prices ...".into() } else { parts.join("  \u{00b7}  ") }
}

fn price(price: Option<&Value>) -> String {
    price.filter(|price| price.is_object()).map_or_else(
        || "price unknown".into(),
        |price| format!("{} {}", text(price, "amount"), text(price, "currency")),
    )
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
    if let Some(prompt) = &chat.prompt {
        return format!(
            "Not delivered. Send by {} for {}?  y: yes  n: keep waiting",
            name(&prompt.service),
            price(Some(&prompt.price))
        );
    }
    chat.note.clone().unwrap_or_else(|| "Enter: send   Tab: service   Esc: leave".into())
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
    let paid = charged.map_or_else(String::new, |charge| format!(" \u{00b7} {}", price(Some(charge))));
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
    format!("{word} \u{00b7} {by}{way}{paid}")
}

#[cfg(test)]
mod tests {
    use super::picture;
    use crate::chat::state::{Chat, Happening, Key};
    use serde_json::json;

    #[test]
    fn the_picture_shows_status_prices_ticks_and_the_question() {
        let mut chat = Chat::new("+46701000002".into());
        chat.step(Happening::Key(Key::Letter('h')));
        let services = json!([
            {"service": "im", "available": true, "price": {"amount": "0.00", "currency": "EUR"}, "units": 1, "unit": "message"},
            {"service": "sms", "available": true, "price": {"amount": "0.24", "currency": "EUR"}, "units": 2, "unit": "segment"},
            {"service": "mms", "available": false, "price": null, "reason": "no_service"}]);
        let recipient = json!({"status": "offline", "since": "2026-11-23T05:40:00.000Z"});
        let most = json!({"amount": "0.00", "currency": "EUR"});
        let quote =
            json!({"id": "qt_1", "recipient": recipient, "services": services, "you_pay_at_most": most});
        chat.step(Happening::Quoted { text: "h".into(), quote });
        let needed = json!({"service": "sms", "price": {"amount": "0.24", "currency": "EUR"}});
        let message = json!({"id": "msg_1", "status": "waiting", "service": "im", "accepted_at": "2026-11-23T05:41:00.000Z", "consent_needed": needed});
        chat.step(Happening::Message { text: Some("hello\u{1b}[2J".into()), message });
        let lines = picture(&chat, 100, 10);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "+46701000002  ·  offline since 05:40");
        assert_eq!(lines[5], "05:41  you: hello [2J   ◷ waiting · Chat");
        assert_eq!(
            lines[7],
            "Chat 0.00 EUR  ·  SMS 0.24 EUR (2 parts)  ·  MMS – no service  ·  you pay at most 0.00 EUR"
        );
        assert_eq!(lines[8], "Not delivered. Send by SMS for 0.24 EUR?  y: yes  n: keep waiting");
        assert_eq!(lines[9], "Auto> h");
    }
}
