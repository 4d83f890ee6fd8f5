//! A long price list that a server reads again while it answers: how long that takes, and whether anybody waits.

use crate::bench::stage::{Folder, Server};
use crate::bench::story::sender_address;
use crate::cli::Failure;
use crate::http::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use switchback_core::tariff::Tariffs;

/// The section of a server's configuration that names the files beside it.
pub(super) const SECTION: &str = "[plans]\nfiles = [\"list.toml\", \"list.csv\"]\n";

/// How often the list is read again.
const TIMES: u32 = 5;
/// How long the answers are looked at before, for comparison.
const BEFORE: Duration = Duration::from_secs(3);
/// How long a reload may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A plan with a price list by prefixes, as files.
pub(super) struct List {
    plan: PathBuf,
    rows: u32,
}

impl List {
    /// Writes the files.
    pub(super) fn write(folder: &Folder, rows: u32) -> Result<Self, Failure> {
        let list = Self { plan: folder.path().join("list.toml"), rows };
        std::fs::write(folder.path().join("list.csv"), list.csv()?)?;
        std::fs::write(&list.plan, text(1))?;
        Ok(list)
    }

    fn csv(&self) -> Result<String, Failure> {
        let mut list = String::from("service,prefix,price,currency\n");
        for n in 0..self.rows {
            let sound = writeln!(list, "sms,49{:06},0.0{:03},EUR", n + 100_000, n % 1000);
            sound.map_err(|error| Failure::Failed(error.to_string()))?;
        }
        Ok(list)
    }

    /// Reads the list by itself, then in the server, again and again, while somebody asks for prices.
    pub(super) fn measure(&self, server: &Server) -> Result<Value, Failure> {
        let csv = self.csv()?;
        let (began, plan) = (Instant::now(), text(1));
        let files = BTreeMap::from([("list.csv", csv.as_str()), ("list", plan.as_str())]);
        Tariffs::parse(&files).map_err(|error| Failure::Failed(error.to_string()))?;
        let parsed = began.elapsed();
        let asker = Asker::of(server)?;
        let mut quiet = Gaps::default();
        let until = Instant::now() + BEFORE;
        while Instant::now() < until {
            asker.price(&mut quiet)?;
        }
        let (mut loud, mut longest) = (Gaps::default(), Duration::ZERO);
        for version in 2..2 + TIMES {
            std::fs::write(&self.plan, text(version))?;
            server.hang_up()?;
            let began = Instant::now();
            while asker.price(&mut loud)? != shown(version) {
                if began.elapsed() > PATIENCE {
                    return Err(Failure::Failed("the new prices do not come: see server.log".into()));
                }
            }
            longest = longest.max(began.elapsed());
        }
        Ok(json!({
            "rows": self.rows, "parse_ms": ms(parsed), "new_prices_after_ms": ms(longest),
            "longest_answer_ms": {"before": ms(quiet.longest), "meanwhile": ms(loud.longest)},
            "answers": {"before": quiet.answers, "meanwhile": loud.answers},
        }))
    }
}

/// The plan's file, with another price of what is asked for in each version.
fn text(version: u32) -> String {
    format!(
        "[plan]\nid = \"list\"\nversion = {version}\ncurrency = \"EUR\"\nrates = \"list.csv\"\n\
         [[rate]]\nservice = \"sms\"\nprice = \"{}\"\n",
        shown(version)
    )
}

fn shown(version: u32) -> String {
    format!("0.{}", version + 10)
}

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// How long answers took.
#[derive(Default)]
struct Gaps {
    longest: Duration,
    answers: u64,
}

/// A sender on that plan who asks what an SMS costs, one request after the other.
struct Asker(Client);

impl Asker {
    fn of(server: &Server) -> Result<Self, Failure> {
        let admin = server.admin()?;
        let top_up = json!({"amount": "100", "currency": "EUR"});
        let payer = json!({"plan": "list", "top_up": top_up});
        admin.ask("PUT", "/v1/admin/payers/asker", Some(&payer), &[])?.good()?;
        let account = json!({"payer": "asker", "senders": [sender_address(9_999_999)]});
        admin.ask("PUT", "/v1/admin/accounts/asker", Some(&account), &[])?.good()?;
        let token = admin.post("/v1/admin/tokens", &json!({"name": "bench", "account": "asker"}))?.good()?;
        Ok(Self(Client::new(&server.url(), crate::http::text(&token, "secret"))?))
    }

    /// The price of an SMS to a number that no prefix of the list has.
    fn price(&self, gaps: &mut Gaps) -> Result<String, Failure> {
        let began = Instant::now();
        let quote = self.0.post("/v1/quotes", &json!({"to": "+46701234567", "text": "hello"}))?.good()?;
        gaps.longest = gaps.longest.max(began.elapsed());
        gaps.answers += 1;
        let services = quote.get("services").and_then(Value::as_array);
        let sms =
            services.into_iter().flatten().find(|service| crate::http::text(service, "service") == "sms");
        let amount = sms.and_then(|sms| sms.get("price")?.get("amount")?.as_str());
        Ok(amount.unwrap_or_default().to_owned())
    }
}
