//! A pretend CGRateS: accounts in money, a price a unit, sessions that debit when they begin and settle when they end,
//! as its documentation tells. It is told by the method what goes wrong next.

use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hundredths a unit.
const PRICE: i64 = 9;

/// What goes wrong with a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It is done and not answered.
    Silent,
    /// It is done, and the connection is cut.
    Cut,
    /// It is done, and its answer comes after the next one.
    AfterTheNext,
    /// It is done, and answered with this for a result.
    Says(Value),
    /// It is not done, and answered with this error.
    Fails(&'static str),
    /// It is done, and this line comes instead of an answer.
    Line(&'static str),
}

#[derive(Default)]
pub(crate) struct World {
    /// Hundredths.
    pub(crate) accounts: HashMap<String, i64>,
    /// What is debited for each session.
    pub(crate) sessions: HashMap<String, i64>,
    /// The sessions of which there is a record.
    pub(crate) records: Vec<String>,
    /// Everything that was asked, in its order.
    pub(crate) heard: Vec<Value>,
    faults: HashMap<String, VecDeque<Fault>>,
    held_back: Option<String>,
    links: Vec<TcpStream>,
}

/// A running one. It ends with the process.
pub(crate) struct Pretend {
    pub(crate) address: SocketAddr,
    world: Arc<Mutex<World>>,
}

impl Pretend {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(World::default()));
        let shared = Arc::clone(&world);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                locked(&shared).links.push(stream.try_clone().unwrap());
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, world }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    /// The next request of this method meets this.
    pub(crate) fn fail(&self, method: &str, fault: Fault) {
        self.world().faults.entry(method.to_owned()).or_default().push_back(fault);
    }

    /// Whether somebody came since the last cut.
    pub(crate) fn is_connected(&self) -> bool {
        !self.world().links.is_empty()
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        for link in self.world().links.drain(..) {
            // It may be gone already.
            let _ = link.shutdown(Shutdown::Both);
        }
    }
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: &TcpStream, world: &Mutex<World>) {
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let said = locked(world).hear(serde_json::from_str(&line).unwrap());
        let Some(said) = said else {
            // The client may have left first.
            let _ = stream.shutdown(Shutdown::Both);
            return;
        };
        if stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}

impl World {
    /// What is written then; `None`: the connection is cut.
    fn hear(&mut self, request: Value) -> Option<String> {
        let (id, method) = (request["id"].clone(), request["method"].as_str().unwrap().to_owned());
        self.heard.push(request.clone());
        let answer = |result: Result<Value, &str>| {
            let (result, error) = match result {
                Ok(result) => (result, Value::Null),
                Err(error) => (Value::Null, json!(error)),
            };
            format!("{}\n", json!({"id": id, "result": result, "error": error}))
        };
        let fault = self.faults.get_mut(&method).and_then(VecDeque::pop_front);
        if let Some(Fault::Fails(error)) = fault {
            return Some(answer(Err(error)));
        }
        let done = answer(self.act(&method, &request["params"][0]));
        let said = match fault {
            None | Some(Fault::Fails(_)) => done,
            Some(Fault::Silent) => String::new(),
            Some(Fault::Cut) => return None,
            Some(Fault::Says(result)) => answer(Ok(result)),
            Some(Fault::Line(line)) => format!("{line}\n"),
            Some(Fault::AfterTheNext) => {
                self.held_back = Some(done);
                return Some(String::new());
            }
        };
        Some(said + &self.held_back.take().unwrap_or_default())
    }

    fn act(&mut self, method: &str, params: &Value) -> Result<Value, &'static str> {
        let event = &params["Event"];
        let account = event["Account"].as_str().unwrap().to_owned();
        let session = event["OriginID"].as_str().unwrap().to_owned();
        let usage = event["Usage"].as_i64().unwrap();
        let cost = usage * PRICE;
        match method {
            "APIerSv1.GetAccountCost" if !self.accounts.contains_key(&account) => {
                Err("SERVER_ERROR: ACCOUNT_NOT_FOUND")
            }
            "APIerSv1.GetAccountCost" => {
                let amount: Value =
                    serde_json::from_str(&format!("{}.{:02}", cost / 100, cost % 100)).unwrap();
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
                self.debit(&account, cost - debited)?;
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
        *balance -= cost;
        Ok(())
    }
}
