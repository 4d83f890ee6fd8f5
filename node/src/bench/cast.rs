//! The senders of a bench, made through the admin API as an operator would, and the audit of what they paid.

use super::stage::Server;
use super::story;
use crate::cli::Failure;
use crate::http::Client;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Requests at a time.
const HANDS: usize = 16;

/// Makes the plan and `count` senders, each with an account, a payer with money and a token; gives the tokens in
/// the order of the senders.
pub(super) fn make(server: &Server, count: u32) -> Result<Vec<String>, Failure> {
    let admin = server.admin()?;
    let plan = format!("/v1/admin/plans/{}", story::PLAN_ID);
    admin.ask("PUT", &plan, Some(&json!({"text": story::PLAN})), &[])?.good()?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return Ok(made);
            }
            made.push((n, sender(&admin, n)?));
        }
    };
    let mut made: Vec<(usize, String)> = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(work)).collect();
        for hand in hands {
            let done: Result<_, Failure> =
                hand.join().unwrap_or_else(|_| Err(Failure::Failed("making the senders failed".into())));
            made.extend(done?);
        }
        Ok::<(), Failure>(())
    })?;
    made.sort_unstable();
    Ok(made.into_iter().map(|(_, token)| token).collect())
}

fn sender(admin: &Client, n: usize) -> Result<String, Failure> {
    let (account, payer) = (story::account(n), story::payer(n));
    let top_up = json!({"amount": "1000000", "currency": "EUR"});
    admin
        .ask(
            "PUT",
            &format!("/v1/admin/payers/{payer}"),
            Some(&json!({"plan": story::PLAN_ID, "top_up": top_up})),
            &[],
        )?
        .good()?;
    let body = json!({"payer": payer, "senders": [story::sender_address(n)]});
    admin.ask("PUT", &format!("/v1/admin/accounts/{account}"), Some(&body), &[])?.good()?;
    let token = admin.post("/v1/admin/tokens", &json!({"name": "bench", "account": account}))?.good()?;
    let secret = token.get("secret").and_then(Value::as_str).unwrap_or_default();
    Ok(secret.to_owned())
}

/// The ledger's proof, through the API. All entries there are must be read for it, so it may take minutes.
///
/// # Errors
/// It does not balance: then no figure is worth anything.
pub(super) fn audit(server: &Server) -> Result<Value, Failure> {
    let audit = crate::ledger::of_server(&server.admin()?)?;
    let none = |key: &str| audit.get(key).and_then(Value::as_u64) == Some(0);
    let balanced = audit.get("unbalanced").and_then(Value::as_array).is_some_and(Vec::is_empty);
    if none("orphan_holds") && none("double_charges") && none("open_holds") && balanced {
        return Ok(audit);
    }
    Err(Failure::Failed(format!("the ledger does not balance: {audit}")))
}
