//! `--name value` and `--flag`: all the command line that these checks have, in thirty lines instead of a dependency.

use crate::fault::Fault;

/// What followed the name of the check.
#[derive(Debug, Default)]
pub(crate) struct Options {
    flags: Vec<String>,
    values: Vec<(String, String)>,
}

impl Options {
    /// Reads `args`; what is in neither list is a mistake of the caller, never ignored.
    pub(crate) fn parse(args: &[String], flags: &[&str], values: &[&str]) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let name = arg.strip_prefix("--").unwrap_or_default();
            if flags.contains(&name) {
                found.flags.push(name.to_owned());
            } else if values.contains(&name) {
                let value = args.next().ok_or_else(|| Fault::Usage(format!("--{name} wants a value")))?;
                found.values.push((name.to_owned(), value.clone()));
            } else {
                return Err(Fault::Usage(format!("{arg:?} means nothing here")));
            }
        }
        Ok(found)
    }

    /// Whether `--name` was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The value after `--name`; the last one wins.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The same as a positive whole number, or `default` when it was not given.
    pub(crate) fn number(&self, name: &str, default: u64) -> Result<u64, Fault> {
        let Some(text) = self.value(name) else { return Ok(default) };
        match text.parse::<u64>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(Fault::Usage(format!("--{name} wants a positive whole number, not {text:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn reads_flags_and_values_in_any_order() {
        let options =
            Options::parse(&args("--seconds 5 --today --seconds 7"), &["today"], &["seconds"]).unwrap();
        assert!(options.has("today"));
        assert_eq!(options.number("seconds", 60).unwrap(), 7);
        assert_eq!(options.number("budget", 60).unwrap(), 60);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in ["--tomorrow", "today", "--seconds"] {
            assert!(Options::parse(&args(line), &["today"], &["seconds"]).is_err(), "{line}");
        }
        for number in ["0", "-1", "soon"] {
            let options = Options::parse(&args(&format!("--seconds {number}")), &[], &["seconds"]).unwrap();
            assert!(options.number("seconds", 60).is_err(), "{number}");
        }
    }
}
