//! Price lists of texts in the JSON of three public interfaces: Twilio's pricing of messages, Vonage's pricing of outbound
//! texts, and CarrierX's rates. They become rows of the one table of prices, each on the line that its object names its
//! network on, so that one reader has the bounds and the words. Members that say nothing of a price are passed over.
//! (The shapes are those of the public documentation and its client libraries; CarrierX's from memory.)

use super::csv::push;
use crate::rows::Faults;
use serde::Deserialize;
use std::vec::IntoIter;

/// What one object of any of the shapes says of prices.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// Twilio: a country's networks, and the currency of their prices.
    outbound_sms_prices: Vec<Carrier>,
    price_unit: Option<String>,
    /// Vonage: several countries in one answer; or one, its networks, and the price to all others.
    countries: Vec<Self>,
    #[serde(alias = "countryCode", alias = "country_code")]
    country: Option<String>,
    currency: Option<String>,
    networks: Vec<Network>,
    #[serde(alias = "defaultPrice")]
    mt: Option<String>,
    /// CarrierX: a network and its price.
    mcc: Option<String>,
    mnc: Option<String>,
    price: Option<String>,
}

/// A network of Twilio's.
#[derive(Deserialize)]
struct Carrier {
    mcc: String,
    mnc: String,
    prices: Vec<ByNumber>,
}

/// A price by the type of the number that sends.
#[derive(Deserialize)]
struct ByNumber {
    current_price: String,
}

/// A network of Vonage's.
#[derive(Deserialize)]
struct Network {
    #[serde(alias = "networkCode")]
    code: String,
    #[serde(rename = "mtPrice", alias = "price")]
    price: String,
}

/// One row: its line, and its columns with what they hold.
type Listed = (usize, Vec<(&'static str, String)>);

/// Goes over the list, with the lines that are still to come of the members that rows are found by.
struct Lister<'f> {
    faults: &'f mut Faults,
    mcc: IntoIter<usize>,
    code: IntoIter<usize>,
    mt: IntoIter<usize>,
    rows: Vec<Listed>,
}

/// The text of a price list as TOML: one array of tables called `row`, each on its own line of the list.
pub(super) fn as_toml(text: &str, faults: &mut Faults) -> String {
    let is_array = text.trim_start_matches('\u{feff}').trim_start().starts_with('[');
    let one = || serde_json::from_str(text).map(|entry| vec![entry]);
    let entries: Vec<Entry> = match if is_array { serde_json::from_str(text) } else { one() } {
        Ok(entries) => entries,
        Err(error) => {
            faults.add(error.line().max(1), format!("no price list: {error}"));
            Vec::new()
        }
    };
    let lines = |names: &[&str]| {
        let mut lines: Vec<usize> = names
            .iter()
            .flat_map(|name| text.match_indices(name))
            .map(|(at, _)| faults.line_of(&(at..at)))
            .collect();
        lines.sort_unstable();
        lines.into_iter()
    };
    let mcc = lines(&["\"mcc\""]);
    let code = lines(&["\"code\"", "\"networkCode\""]);
    let mt = lines(&["\"mt\"", "\"defaultPrice\""]);
    let mut lister = Lister { faults, mcc, code, mt, rows: Vec::new() };
    for entry in &entries {
        lister.entry(entry);
    }
    let Lister { faults, mut rows, .. } = lister;
    if rows.is_empty() && faults.list.is_empty() {
        faults.add(1, "the list has no price in the JSON of Twilio, Vonage or CarrierX".to_owned());
    }
    rows.sort_by_key(|(line, _)| *line);
    let (mut toml, mut at) = ("row = [".to_owned(), 1_usize);
    for (line, fields) in rows {
        toml.extend(std::iter::repeat_n('\n', line.saturating_sub(at)));
        at = at.max(line);
        toml.push_str("{service=\"sms\",");
        for (name, value) in &fields {
            push(&mut toml, name, value.trim());
        }
        toml.push_str("},");
    }
    toml.push_str("\n]");
    toml
}

impl Lister<'_> {
    fn entry(&mut self, entry: &Entry) {
        entry.countries.iter().for_each(|country| self.entry(country));
        let currency = entry.currency.as_ref().or(entry.price_unit.as_ref()).map(|code| code.to_uppercase());
        let mut row = |line: Option<usize>, mut fields: Vec<(&'static str, String)>| {
            fields.extend(currency.iter().map(|code| ("currency", code.clone())));
            self.rows.push((line.unwrap_or(1), fields));
        };
        for Carrier { mcc, mnc, prices } in &entry.outbound_sms_prices {
            let line = self.mcc.next();
            let Some((first, others)) = prices.split_first() else { continue };
            if others.iter().any(|other| other.current_price != first.current_price) {
                let fault =
                    "the prices differ by the type of the number that sends: keep that of your numbers";
                self.faults.add(line.unwrap_or(1), fault.to_owned());
            }
            row(line, vec![("mccmnc", format!("{mcc}{mnc}")), ("price", first.current_price.clone())]);
        }
        for Network { code, price } in &entry.networks {
            row(self.code.next(), vec![("mccmnc", code.clone()), ("price", price.clone())]);
        }
        if let Some(mt) = &entry.mt {
            let line = self.mt.next();
            let country = entry.country.iter().map(|country| ("country", country.to_uppercase()));
            row(line, country.chain([("price", mt.clone())]).collect());
        }
        if let (Some(mcc), Some(mnc), Some(price)) = (&entry.mcc, &entry.mnc, &entry.price) {
            row(self.mcc.next(), vec![("mccmnc", format!("{mcc}{mnc}")), ("price", price.clone())]);
        }
    }
}
