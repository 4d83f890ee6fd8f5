//! From the tables of networks, prefixes, ported numbers and zones to [`Numbers`], or to everything that is wrong with
//! them.

use super::calendar::moment;
use super::csv::as_toml;
use super::numbers::{Block, Country, KINDS, Network, Numbers, Ported, Visited, Whereabouts};
use super::prefixes::Added;
use super::zone::Zone;
use crate::model::Plmn;
use crate::rows::{Faults, Row};
use smol_str::SmolStr;
use std::collections::HashMap;
use toml::de::DeTable;

const NETWORKS: [&str; 5] = ["id", "name", "mccmnc", "country", "group"];
const PREFIXES: [&str; 5] = ["prefix", "country", "kind", "network", "zone"];
const PORTED: [&str; 3] = ["number", "network", "until"];

/// Runs `each` over the rows of a CSV table.
pub(super) fn csv_rows(
    text: &str,
    columns: &[&str],
    faults: &mut Faults,
    each: impl FnMut(Row<'_, '_>, &mut Faults),
) {
    rows(&as_toml(text, columns, faults), faults, each);
}

/// Runs `each` over the rows of a table that was turned into TOML, whose lines are those of the table.
pub(super) fn rows(toml: &str, faults: &mut Faults, mut each: impl FnMut(Row<'_, '_>, &mut Faults)) {
    let mut inner = Faults::new(toml);
    match DeTable::parse(toml) {
        Ok(table) => {
            let root = Row { name: "the file", line: 1, table: table.get_ref() };
            for row in root.sections("row", "a line", &mut inner) {
                each(row, &mut inner);
            }
        }
        Err(error) => {
            let line = error.span().map_or(1, |span| inner.line_of(&span));
            inner.add(line, format!("a field cannot be read: {}", error.message()));
        }
    }
    inner.list.into_iter().for_each(|fault| faults.add(fault.line, fault.message));
}

impl Numbers {
    /// Reads `zones.toml`; it comes first, as the other tables name its zones.
    pub(super) fn read_zones(&mut self, text: &str, faults: &mut Faults) {
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| faults.line_of(&span));
                return faults.add(line, format!("not TOML: {}", error.message()));
            }
        };
        let top = Row { name: "the file", line: 1, table: table.get_ref() };
        top.only(&["portable", "zone", "roaming"], faults);
        for (text, line) in top.texts("portable", faults) {
            self.portable.extend(country(text, line, faults));
        }
        for row in top.sections("zone", "[[zone]]", faults) {
            self.zone(row, faults);
        }
        for row in top.sections("roaming", "[[roaming]]", faults) {
            self.roaming_zone(row, faults);
        }
    }

    fn zone(&mut self, row: Row<'_, '_>, faults: &mut Faults) {
        row.only(&["id", "countries"], faults);
        row.require("id", "\"eu\"", faults);
        row.require("countries", "[\"FR\", \"IT\"]", faults);
        let Some(zone) = new_name(row, &mut self.zones, faults) else { return };
        for (text, line) in row.texts("countries", faults) {
            let Some(country) = country(text, line, faults) else { continue };
            if let Some(other) = self.country_zones.insert(country, zone) {
                let other = self.zones.get(usize::from(other)).map_or("?", SmolStr::as_str);
                faults.add(
                    line,
                    format!("the country {text} is in the zone `{other}` already: it has one zone"),
                );
            }
        }
    }

    fn roaming_zone(&mut self, row: Row<'_, '_>, faults: &mut Faults) {
        row.only(&["id", "mcc", "mccmnc"], faults);
        row.require("id", "\"world1\"", faults);
        let home = row.table.get("id").and_then(|id| id.get_ref().as_str()) == Some("home");
        let whereabouts = if home {
            Whereabouts::Home
        } else {
            let Some(zone) = new_name(row, &mut self.roaming, faults) else { return };
            Whereabouts::Zone(zone)
        };
        let mut keys = Vec::new();
        for (text, line) in row.texts("mcc", faults) {
            match text.parse::<u16>().ok().filter(|_| text.len() == 3 && !text.starts_with('+')) {
                Some(mcc) => keys.push((Visited::Country(mcc), text, line)),
                None => {
                    faults.add(line, format!("`{text}` must be a country code of three digits, like \"208\""))
                }
            }
        }
        for (text, line) in row.texts("mccmnc", faults) {
            keys.extend(plmn(text, line, faults).map(|plmn| (Visited::Network(plmn), text, line)));
        }
        if row.table.get("mcc").is_none() && row.table.get("mccmnc").is_none() {
            faults.add(row.line, "the roaming zone holds nothing: add `mcc` or `mccmnc`".to_owned());
        }
        for (key, text, line) in keys {
            if self.visited.insert(key, whereabouts).is_some() {
                faults.add(line, format!("{text} stands in two roaming zones: leave it in one"));
            }
        }
    }

    /// Reads `networks.csv`.
    pub(super) fn read_networks(&mut self, text: &str, faults: &mut Faults) {
        csv_rows(text, &NETWORKS, faults, |row, faults| {
            row.require("id", "e-plus-de", faults);
            let Some(id) = row.name("id", faults).map(SmolStr::new) else { return };
            let country = row.text("country", faults).and_then(|text| country(text, row.line, faults));
            let Ok(number) = u16::try_from(self.networks.len()) else {
                return faults.add(row.line, "there are at most 65536 networks".to_owned());
            };
            if self.network_ids.insert(id.clone(), number).is_some() {
                return faults.add(row.line, format!("the network `{id}` stands twice: keep one line"));
            }
            for text in row.text("mccmnc", faults).unwrap_or("").split(';').filter(|text| !text.is_empty()) {
                let Some(plmn) = plmn(text.trim(), row.line, faults) else { continue };
                if self.plmns.insert(plmn, number).is_some() {
                    faults.add(row.line, format!("{text} is the code of another network already: keep one"));
                }
            }
            let group = SmolStr::new(row.text("group", faults).unwrap_or(""));
            let zone = country.and_then(|country| self.country_zones.get(&country).copied());
            self.networks.push(Network { id, group, country, zone });
        });
    }

    /// Reads `prefixes.csv`.
    pub(super) fn read_prefixes(&mut self, text: &str, faults: &mut Faults) {
        let mut known: HashMap<Block, u32> = HashMap::new();
        csv_rows(text, &PREFIXES, faults, |row, faults| {
            row.require("prefix", "49163", faults);
            let Some(prefix) = row.text("prefix", faults) else { return };
            let kind =
                |word: &str| KINDS.iter().position(|kind| *kind == word).and_then(|n| u8::try_from(n).ok());
            let block = Block {
                country: row.text("country", faults).and_then(|text| country(text, row.line, faults)),
                kind: row.word("kind", &KINDS, kind, faults).unwrap_or(0),
                network: row.text("network", faults).and_then(|id| self.network(id, row.line, faults)),
                zone: row.text("zone", faults).and_then(|id| self.zone_of(id, row.line, faults)),
            };
            let Ok(fresh) = u32::try_from(self.blocks.len()) else { return };
            // Prefixes that are alike in all share a block: there are many of them, and few blocks.
            let number = *known.entry(block).or_insert(fresh);
            if number == fresh {
                self.blocks.push(block);
            }
            match self.prefixes.add(prefix, number) {
                Added::Yes => {}
                Added::Taken(_) => {
                    faults.add(row.line, format!("the prefix {prefix} stands twice: keep one line"))
                }
                Added::NotDigits => {
                    faults.add(
                        row.line,
                        format!("`{prefix}` must be 1 to 15 digits of an international number, without +"),
                    );
                }
            }
        });
    }

    /// Reads `ported.csv`.
    pub(super) fn read_ported(&mut self, text: &str, faults: &mut Faults) {
        csv_rows(text, &PORTED, faults, |row, faults| {
            row.require("number", "491701234567", faults);
            row.require("network", "e-plus-de", faults);
            let (Some(text), Some(id)) = (row.text("number", faults), row.text("network", faults)) else {
                return;
            };
            let sound = (5..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            let Some(number) = text.parse().ok().filter(|_| sound) else {
                return faults
                    .add(row.line, format!("`{text}` must be a whole international number, without +"));
            };
            let Some(network) = self.network(id, row.line, faults) else { return };
            let until = row.text("until", faults).map(|text| moment(text, &Zone::default()));
            if until == Some(None) {
                faults
                    .add(row.line, "`until` must be a date or a time, like 2026-12-01T00:00:00Z".to_owned());
            }
            if self.ported.insert(number, Ported { network, until: until.flatten() }).is_some() {
                faults.add(row.line, format!("the number {text} stands twice: keep one line"));
            }
        });
    }

    fn network(&self, id: &str, line: usize, faults: &mut Faults) -> Option<u16> {
        let plmn = Plmn::parse(id).and_then(|plmn| self.plmns.get(&plmn));
        let known = self.network_ids.get(id).or(plmn).copied();
        if known.is_none() {
            faults.add(line, format!("there is no network `{id}`: add it to networks.csv"));
        }
        known
    }

    /// The number of a destination zone that must exist.
    pub(super) fn zone_of(&self, id: &str, line: usize, faults: &mut Faults) -> Option<u16> {
        named(&self.zones, id, "zone", "[[zone]]", line, faults)
    }

    /// The number of a roaming zone that must exist.
    pub(super) fn roaming_of(&self, id: &str, line: usize, faults: &mut Faults) -> Option<u16> {
        named(&self.roaming, id, "roaming zone", "[[roaming]]", line, faults)
    }
}

fn named(
    names: &[SmolStr],
    id: &str,
    what: &str,
    table: &str,
    line: usize,
    faults: &mut Faults,
) -> Option<u16> {
    let place = names.iter().position(|name| name == id);
    if place.is_none() {
        faults.add(line, format!("there is no {what} `{id}`: add a {table} with that id to zones.toml"));
    }
    u16::try_from(place?).ok()
}

fn new_name(row: Row<'_, '_>, names: &mut Vec<SmolStr>, faults: &mut Faults) -> Option<u16> {
    let id = row.name("id", faults)?;
    if names.iter().any(|name| name == id) {
        faults.add(row.line, format!("the zone `{id}` stands twice: put all of it into one table"));
        return None;
    }
    let number = u16::try_from(names.len()).ok()?;
    names.push(SmolStr::new(id));
    Some(number)
}

/// A country that must be two capital letters.
pub(super) fn country(text: &str, line: usize, faults: &mut Faults) -> Option<Country> {
    let country =
        <[u8; 2]>::try_from(text.as_bytes()).ok().filter(|code| code.iter().all(u8::is_ascii_uppercase));
    if country.is_none() {
        faults.add(line, format!("`{text}` must be a country of two capital letters, like \"DE\""));
    }
    country
}

fn plmn(text: &str, line: usize, faults: &mut Faults) -> Option<Plmn> {
    let plmn = Plmn::parse(text);
    if plmn.is_none() {
        faults.add(line, format!("`{text}` must be a network code of five or six digits, like \"26203\""));
    }
    plmn
}
