//! Numbers of `/metrics`, by the names that the page gives them.

use crate::cli::Failure;
use crate::http::Client;
use std::collections::HashMap;

/// The numbers of one look.
pub(super) struct MetricsPage(HashMap<String, u64>);

/// Looks.
pub(super) fn read(client: &Client) -> Result<MetricsPage, Failure> {
    let body = client.get("/metrics")?.good()?;
    Ok(MetricsPage(parse(body.as_str().unwrap_or_default())))
}

impl MetricsPage {
    /// The series of that name, with its labels if it has some.
    pub(super) fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// What it is greater by than at an earlier look.
    pub(super) fn since(&self, earlier: &Self, name: &str) -> u64 {
        self.get(name).unwrap_or(0).saturating_sub(earlier.get(name).unwrap_or(0))
    }
}

fn parse(text: &str) -> HashMap<String, u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn series_are_read_with_their_labels() {
        let page = parse("# HELP a b\n# TYPE a counter\na 7\nb{loop=\"0\"} 12\nc_sum 0.5\n");
        assert_eq!((page.get("a"), page.get("b{loop=\"0\"}"), page.len()), (Some(&7), Some(&12), 2));
    }
}
