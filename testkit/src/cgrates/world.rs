//! What CGRateS knows, and what a request does to it.

use super::Fault;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// Hundredths a unit.
const PRICE: i64 = 9;

#[derive(Default)]
pub(super) struct World {
    /// Hundredths.
    pub(super) accounts: HashMap<String, i64>,
    /// What is debited for each session.
    pub(super) sessions: HashMap<String, i64>,
    pub(super) records: Vec<String>,
    pub(super) heard: Vec<Value>,
    pub(super) links: u64,
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    held_back: Option<String>,
}

/// What is written then.
pub(super) enum Said {
    Octets(String),
    Cut,
}

impl World {
    pub(super) fn hear(&mut self, request: Value) -> Said {
        let id = request.get("id").cloned();
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
        let answer = |result: Result<Value, &str>| {
            let (result, error) = match result {
                Ok(result) => (result, Value::Null),
                Err(error) => (Value::Null, json!(error)),
            };
            format!("{}\n", json!({"id": id, "result": result, "error": error}))
        };
        let fault = self.faults.get_mut(&method).and_then(VecDeque::pop_front);
        let done = match fault {
            Some(Fault::Fails(error)) => answer(Err(error)),
            _ => answer(self.act(&method, &request)),
        };
        self.heard.push(request);
        let said = match fault {
            None | Some(Fault::Fails(_)) => done,
            Some(Fault::Silent) => String::new(),
            Some(Fault::Cut) => return Said::Cut,
            Some(Fault::Twice) => done.repeat(2),
            Some(Fault::Says(result)) => answer(Ok(result)),
            Some(Fault::Line(line)) => format!("{line}\n"),
            Some(Fault::AfterTheNext) => {
                self.held_back = Some(done);
                return Said::Octets(String::new());
            }
        };
        Said::Octets(said + &self.held_back.take().unwrap_or_default())
    }

    fn act(&mut self, method: &str, request: &Value) -> Result<Value, &'static str> {
        let field = |key: &str| {
            request.pointer("/params/0/Event").and_then(|event| event.get(key)).ok_or("MANDATORY_IE_MISSING")
        };
        let text = |key: &str| field(key)?.as_str().map(str::to_owned).ok_or("MANDATORY_IE_MISSING");
        let (account, session) = (text("Account")?, text("OriginID")?);
        let usage = field("Usage")?.as_i64().ok_or("MANDATORY_IE_MISSING")?;
        let cost = usage.saturating_mul(PRICE);
        match method {
            "APIerSv1.GetAccountCost" if !self.accounts.contains_key(&account) => {
                Err("SERVER_ERROR: ACCOUNT_NOT_FOUND")
            }
            "APIerSv1.GetAccountCost" => {
                let digits = format!("{}.{:02}", cost / 100, cost % 100);
                let amount: Value = serde_json::from_str(&digits).unwrap_or_default();
                Ok(json!({"Usage": usage, "Cost": amount, "Charges": []}))
            }
            "SessionSv1.InitiateSession" if self.sessions.contains_key(&session) => Err("EXISTS"),
            "SessionSv1.InitiateSession" => {
                // It is there from now on, also when its debit fails.
                self.sessions.insert(session.clone(), 0);
                self.debit(&account, cost)?;
                self.sessions.insert(session, cost);
                Ok(json!({"Attributes": null, "MaxUsage": usage, "StatQueueIDs": null}))
            }
            "SessionSv1.TerminateSession" => {
                // One that is not there is begun and ended.
                let debited = self.sessions.remove(&session).unwrap_or_default();
                self.debit(&account, cost.saturating_sub(debited))?;
                Ok(json!("OK"))
            }
            "SessionSv1.ProcessCDR" => {
                self.records.push(session);
                Ok(json!("OK"))
            }
            _ => Err("UNSUPPORTED_SERVICE_METHOD"),
        }
    }

    fn debit(&mut self, account: &str, cost: i64) -> Result<(), &'static str> {
        if cost == 0 {
            return Ok(());
        }
        let balance = self.accounts.get_mut(account).ok_or("RALS_ERROR:ACCOUNT_NOT_FOUND")?;
        if *balance < cost {
            return Err("RALS_ERROR:INSUFFICIENT_CREDIT");
        }
        *balance = balance.saturating_sub(cost);
        Ok(())
    }
}
