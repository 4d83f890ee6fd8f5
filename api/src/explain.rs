//! Says what is wrong with a JSON body: the line and column of a slip, the field that nobody knows and the one that
//! was probably meant, the value that does not fit. Runs only when a body was refused, so it may read it again.

use crate::codes;
use crate::dto::money::MoneyIn;
use crate::dto::submit::MediaIn;
use crate::problem::{FieldFault, Problem};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::Value;
use std::fmt;

/// Why `bytes` are no `T`; `first` is what the reader said.
pub(crate) fn refused<T: DeserializeOwned>(bytes: &[u8], first: &serde_json::Error) -> Problem {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Problem::new(&codes::INVALID_JSON, format!("the body is not JSON: {first}"));
    };
    let mut faults = Vec::new();
    match &value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                check_field(name, inner, fields_of::<T>(), &mut faults);
            }
        }
        other => faults.push(FieldFault::new("$", format!("expected an object, not {}", kind_of(other)))),
    }
    if faults.is_empty() {
        faults.push(typed_fault::<T>(bytes, first));
    }
    Problem::fields(faults)
}

/// Unknown names at the top and in the two objects that stand inside others.
fn check_field(name: &str, inner: &Value, known: &'static [&'static str], faults: &mut Vec<FieldFault>) {
    if !known.contains(&name) {
        faults.push(FieldFault::new(name, unknown(name, known)));
        return;
    }
    let unknown_in =
        |path: String, value: &Value, known: &'static [&'static str], faults: &mut Vec<FieldFault>| {
            let names = value.as_object().into_iter().flat_map(|fields| fields.keys());
            let wrong = names.filter(|name| !known.contains(&name.as_str()));
            faults.extend(wrong.map(|name| FieldFault::new(format!("{path}.{name}"), unknown(name, known))));
        };
    match name {
        "max_price" | "top_up" | "credit_limit" => {
            unknown_in(name.to_owned(), inner, fields_of::<MoneyIn>(), faults);
        }
        "media" => {
            for (n, part) in inner.as_array().into_iter().flatten().enumerate() {
                unknown_in(format!("media[{n}]"), part, fields_of::<MediaIn>(), faults);
            }
        }
        _ => {}
    }
}

/// A value of the wrong type, with its path.
fn typed_fault<T: DeserializeOwned>(bytes: &[u8], first: &serde_json::Error) -> FieldFault {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => {
            let path = error.path().to_string();
            FieldFault::new(if path == "." { "$".to_owned() } else { path }, error.inner())
        }
        Ok(_) => FieldFault::new("$", first),
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// What is said of a name that nobody knows.
pub(crate) fn unknown(name: &str, known: &[&str]) -> String {
    // Bounded: what a stranger sends is shown, not echoed at length.
    let shown: String = name.chars().take(40).collect();
    match nearest(&shown, known) {
        Some(near) => format!("unknown name {shown:?}: did you mean {near:?}?"),
        None => format!("unknown name {shown:?}: the names here are {}", known.join(", ")),
    }
}

/// The known name within two edits, the nearest first.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let scored = known.iter().map(|known| (distance(&name, known), *known));
    scored
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, known)| *edits <= 2 && *edits < known.len())
        .map(|(_, known)| known)
}

/// Levenshtein's distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut corner = i;
        let mut next = vec![left];
        for (cb, above) in b.chars().zip(row.iter().skip(1)) {
            left = (corner + usize::from(ca != cb)).min(left + 1).min(above + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The names of the fields of `T`, as its own `Deserialize` gives them.
pub(crate) fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // Always refuses: only the names are wanted.
    let _refused = T::deserialize(Names(&mut names)).is_err();
    names
}

/// Takes down the names that a struct asks for, and refuses.
struct Names<'a>(&'a mut &'static [&'static str]);

/// Said by [`Names`], read by nobody.
#[derive(Debug)]
struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the names were asked for")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Asked;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        *self.0 = fields;
        Err(Asked)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::{distance, fields_of, refused, unknown};
    use crate::dto::submit::SubmitIn;

    fn told(body: &str) -> serde_json::Value {
        let error = serde_json::from_slice::<SubmitIn>(body.as_bytes()).unwrap_err();
        serde_json::from_slice(&refused::<SubmitIn>(body.as_bytes(), &error).to_json()).unwrap()
    }

    #[test]
    fn a_slip_in_the_syntax_has_a_line_and_a_column() {
        let told = told("{\n  \"to\": \"+46701234567\",\n  \"text\" \"Hi\"\n}");
        assert_eq!((told["code"].as_str(), told["status"].as_u64()), (Some("invalid_json"), Some(400)));
        assert_eq!(told["detail"], "the body is not JSON: expected `:` at line 3 column 10");
    }

    #[test]
    fn an_unknown_name_brings_the_one_that_was_meant() {
        let told = told(
            r#"{"to": "+46701234567", "text": "Hi", "max_prise": null, "max_price": {"amount": "1", "curency": "EUR"}}"#,
        );
        assert_eq!((told["code"].as_str(), told["status"].as_u64()), (Some("invalid_request"), Some(422)));
        let errors = told["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0]["field"], "max_price.curency");
        assert_eq!(errors[0]["detail"], r#"unknown name "curency": did you mean "currency"?"#);
        assert_eq!(errors[1]["field"], "max_prise");
        assert_eq!(errors[1]["detail"], r#"unknown name "max_prise": did you mean "max_price"?"#);
    }

    #[test]
    fn a_wrong_type_has_its_path() {
        let money = told(r#"{"to": "+46701234567", "max_price": {"amount": 0.03, "currency": "EUR"}}"#);
        assert_eq!(money["errors"][0]["field"], "max_price.amount");
        let service = told(r#"{"to": "+46701234567", "service": "fax"}"#);
        assert_eq!(service["errors"][0]["field"], "service");
        assert_eq!(told("[]")["errors"][0]["field"], "$");
        let missing = told(r#"{"text": "Hi"}"#);
        assert!(missing["detail"].as_str().unwrap().contains("missing field `to`"), "{missing}");
    }

    #[test]
    fn names_come_from_the_type_itself() {
        assert!(fields_of::<SubmitIn>().contains(&"fallback_after"));
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("a", "a")), (3, 3, 0));
        assert!(unknown("zebra", &["to", "text"]).ends_with("the names here are to, text"));
    }
}
