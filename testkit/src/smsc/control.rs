//! Commands to a running SMSC, one a line, for an operator at the keyboard and for other processes.

use super::{Phone, Script, Smsc};

const HELP: &str = "script RULES | phone PREFIX reachable|off|pending|undelivered | mo FROM TO TEXT | \
                    delay MILLISECONDS [SPREAD] | cut | counts | names | help";

impl Smsc {
    /// Does what a line says and answers with a line; answers to what can't be done begin with `error:`.
    #[must_use]
    pub fn command(&self, line: &str) -> String {
        self.try_command(line.trim()).unwrap_or_else(|why| format!("error: {why}"))
    }

    fn try_command(&self, line: &str) -> Result<String, String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let done = || "ok".to_owned();
        match word {
            "script" => {
                let script: Script = rest.parse().map_err(|error: super::BadScript| error.to_string())?;
                self.set_script(script);
                Ok(done())
            }
            "phone" => {
                let (prefix, how) =
                    rest.split_once(' ').ok_or("phone PREFIX reachable|off|pending|undelivered")?;
                let phone: Phone = how.trim().parse()?;
                self.set_phone(prefix, phone);
                Ok(done())
            }
            "mo" => {
                let mut words = rest.splitn(3, ' ');
                let (Some(from), Some(to), Some(text)) = (words.next(), words.next(), words.next()) else {
                    return Err("mo FROM TO TEXT".to_owned());
                };
                if self.send_mo(from, to, text) {
                    Ok(done())
                } else {
                    Err("nobody is bound to take it".to_owned())
                }
            }
            "delay" => {
                let mut words = rest.split_whitespace().map(str::parse::<u64>);
                let delay = words.next().and_then(Result::ok).ok_or("delay MILLISECONDS [SPREAD]")?;
                let spread = words.next().and_then(Result::ok).unwrap_or(0);
                self.set_delay(
                    std::time::Duration::from_millis(delay),
                    std::time::Duration::from_millis(spread),
                );
                Ok(done())
            }
            "cut" => {
                self.cut();
                Ok(done())
            }
            "counts" => serde_json::to_string(&self.counts()).map_err(|error| error.to_string()),
            "names" => {
                let lines =
                    super::Misbehaviour::NAMES.iter().map(|(name, _, what)| format!("{name}: {what}"));
                Ok(lines.collect::<Vec<_>>().join("; "))
            }
            "help" | "" => Ok(HELP.to_owned()),
            other => Err(format!("no command `{other}`: {HELP}")),
        }
    }
}
