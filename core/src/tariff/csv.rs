//! Tables as CSV, read as if each line were a table of TOML on the line of that number: so that one reader reads both,
//! with the same bounds, and says what is wrong in the same words.

use crate::rows::Faults;
use std::borrow::Cow;

/// Columns that hold whole numbers or yes and no; all others hold texts.
const BARE: [&str; 9] = [
    "step",
    "price_per",
    "im_overhead_bytes",
    "reset_day",
    "offered",
    "kept_if_undelivered",
    "refund_at_end",
    "upto",
    "from_units",
];

/// The text of a CSV file with a header line as TOML: one array of tables called `row`, each on its own line. Empty
/// fields are left out.
pub(super) fn as_toml(text: &str, columns: &[&str], faults: &mut Faults) -> String {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or("");
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    for (place, name) in names.iter().enumerate() {
        if !columns.contains(name) {
            let near = crate::rows::nearest(name, columns);
            let hint = near.map_or_else(
                || format!("it may have: {}", columns.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            faults.add(1, format!("there is no column `{name}`; {hint}"));
        } else if names.iter().take(place).any(|other| other == name) {
            faults.add(1, format!("the column `{name}` stands twice: drop one"));
        }
    }
    let mut toml = String::with_capacity(text.len().saturating_mul(2));
    toml.push_str("row = [");
    if !faults.list.is_empty() {
        toml.push(']');
        return toml;
    }
    for (number, line) in (2..).zip(lines) {
        toml.push('\n');
        if line.trim().is_empty() {
            continue;
        }
        let Some(fields) = fields(line) else {
            faults.add(
                number,
                "a quote is not closed on its line: write `\"\"` for a quote in a field".to_owned(),
            );
            continue;
        };
        if fields.len() != names.len() {
            let message =
                format!("{} fields under a header of {}: make them as many", fields.len(), names.len());
            faults.add(number, message);
            continue;
        }
        toml.push('{');
        for (name, field) in names.iter().zip(&fields) {
            push(&mut toml, name, field.trim());
        }
        toml.push_str("},");
    }
    toml.push_str("\n]");
    toml
}

/// One field of a row, unless it is empty.
pub(super) fn push(toml: &mut String, name: &str, field: &str) {
    if field.is_empty() {
        return;
    }
    toml.push_str(name);
    toml.push('=');
    let bare = BARE.contains(&name) && field.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if bare {
        toml.push_str(field);
    } else {
        toml.push('"');
        for c in field.chars() {
            match c {
                '"' | '\\' => {
                    toml.push('\\');
                    toml.push(c);
                }
                c if c.is_control() => toml.push('?'),
                c => toml.push(c),
            }
        }
        toml.push('"');
    }
    toml.push(',');
}

/// The fields of a line (RFC 4180, without line breaks in fields); nothing when a quote is left open.
fn fields(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start().strip_prefix('"') {
            None => match rest.split_once(',') {
                Some((field, after)) => (Cow::Borrowed(field), Some(after)),
                None => (Cow::Borrowed(rest), None),
            },
            Some(mut quoted) => {
                let mut field = String::new();
                loop {
                    let (part, after) = quoted.split_once('"')?;
                    field.push_str(part);
                    let Some(more) = after.strip_prefix('"') else {
                        quoted = after;
                        break;
                    };
                    field.push('"');
                    quoted = more;
                }
                (Cow::Owned(field), quoted.trim_start().strip_prefix(','))
            }
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Some(fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::as_toml;
    use crate::rows::Faults;

    fn toml(text: &str) -> (String, Vec<String>) {
        let mut faults = Faults::new(text);
        let toml = as_toml(text, &["id", "name", "step"], &mut faults);
        (toml, faults.list.into_iter().map(|fault| format!("{}: {}", fault.line, fault.message)).collect())
    }

    #[test]
    fn a_line_becomes_a_table_on_the_line_of_that_number() {
        let (text, faults) = toml("id,name,step\na,\"x, \"\"y\"\"\",3\n\nb,,\n");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(text, "row = [\n{id=\"a\",name=\"x, \\\"y\\\"\",step=3,},\n\n{id=\"b\",},\n]");
        assert!(toml::de::DeTable::parse(&text).is_ok());
    }

    #[test]
    fn faults_of_form_name_their_line() {
        assert_eq!(toml("id,nam\n").1, ["1: there is no column `nam`; did you mean `name`?"]);
        assert_eq!(toml("id,id\n").1, ["1: the column `id` stands twice: drop one"]);
        let (_, told) = toml("id,name\na\n\"b,c\n");
        assert_eq!(
            told,
            [
                "2: 1 fields under a header of 2: make them as many",
                "3: a quote is not closed on its line: write `\"\"` for a quote in a field",
            ]
        );
    }
}
