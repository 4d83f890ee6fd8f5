//! Kannel on the same machine in the same run, when it is installed: HTTP in, SMPP to the same pretend SMSC, its
//! reports back by HTTP. It keeps nothing on disk here, which is how it is fastest.

use super::RunArgs;
use super::gauge::{Span, memory_kib};
use super::report::tell;
use super::stage::{Folder, Process, Smsc, free_port, installed};
use crate::cli::Failure;
use serde_json::{Value, json};
use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Measures Kannel; nothing when it is not installed.
pub(super) fn measure(args: &RunArgs, smsc: &Smsc, folder: &Folder) -> Result<Option<Value>, Failure> {
    let (Some(bearerbox), Some(smsbox)) = (installed("bearerbox"), installed("smsbox")) else {
        return Ok(None);
    };
    tell(&format!("{} s of Kannel", args.seconds))?;
    let ports = [free_port()?, free_port()?, free_port()?, free_port()?];
    let [admin, boxes, sendsms, reports] = ports;
    let file = folder.path().join("kannel.conf");
    std::fs::write(&file, config(smsc.address(), admin, boxes, sendsms))?;
    let log = folder.path().join("kannel.log");
    let start = |program: &PathBuf, port: u16| -> Result<Process, Failure> {
        let mut process = Process::start(Command::new(program).args(["-v", "4"]).arg(&file), &log)?;
        process.await_port(port)?;
        Ok(process)
    };
    let mut bearer = start(&bearerbox, boxes)?;
    let mut sms = start(&smsbox, sendsms)?;
    // It answers before its SMSC is bound: the first requests would be refused.
    std::thread::sleep(Duration::from_millis(1500));
    let span =
        Span::begin(&[("bearerbox", bearer.id()), ("smsbox", sms.id()), ("smsc", smsc.id())], folder.path());
    let answered = load(args, folder, sendsms, reports)?;
    let cost = span.end();
    let number = |key: &str| answered.get(key).and_then(Value::as_u64).unwrap_or(0);
    let cpu_us: u64 = cost.cpu_us.iter().take(2).map(|(_, us)| us).sum();
    let rss = memory_kib(bearer.id(), "VmHWM") + memory_kib(sms.id(), "VmHWM");
    let per_s = |count: u64, us: u64| count.saturating_mul(1_000_000) / us.max(1);
    let measured = json!({
        "accepted": number("accepted"), "others": answered.get("others"), "delivered": number("delivered"),
        "accept_per_s": per_s(number("accepted"), number("took_us")),
        "end_to_end_per_s": per_s(number("delivered"), number("delivered_us")),
        "cpu_us": cpu_us,
        "cpu_us_per_message": cost.per_message(number("delivered")),
        "accept_ms": answered.get("latency_ms"), "rss_mib": {"peak": rss / 1024}, "on_disk": false,
    });
    sms.terminate()?;
    bearer.terminate()?;
    Ok(Some(measured))
}

fn load(args: &RunArgs, folder: &Folder, sendsms: u16, reports: u16) -> Result<Value, Failure> {
    let words = [
        ("--sendsms", format!("127.0.0.1:{sendsms}")),
        ("--reports", format!("127.0.0.1:{reports}")),
        ("--connections", args.connections.min(32).to_string()),
        ("--seconds", args.seconds.to_string()),
        ("--recipients", args.recipients.to_string()),
    ];
    let words = words.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    let words: Vec<String> = ["bench", "kannel-load"].map(str::to_owned).into_iter().chain(words).collect();
    let mut load = Process::of_ours(&words, &folder.path().join("load.log"))?;
    let mut line = String::new();
    load.lines()?.read_line(&mut line)?;
    serde_json::from_str(&line)
        .map_err(|_| Failure::Failed("the load on Kannel broke off: see load.log".into()))
}

fn config(smsc: SocketAddr, admin: u16, boxes: u16, sendsms: u16) -> String {
    let (host, port) = (smsc.ip(), smsc.port());
    format!(
        "group = core\nadmin-port = {admin}\nsmsbox-port = {boxes}\nadmin-password = bar\nbox-allow-ip = \"127.0.0.1\"\n\
         box-deny-ip = \"*.*.*.*\"\ndlr-storage = internal\nlog-level = 2\n\n\
         group = smsc\nsmsc = smpp\nsmsc-id = pretend\nhost = {host}\nport = {port}\nsmsc-username = \"kannel\"\n\
         smsc-password = \"secret\"\nsystem-type = \"\"\ntransceiver-mode = true\nmax-pending-submits = 100\n\
         source-addr-ton = 1\nsource-addr-npi = 1\ndest-addr-ton = 1\ndest-addr-npi = 1\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nbearerbox-port = {boxes}\nsendsms-port = {sendsms}\nlog-level = 2\n\n\
         group = sendsms-user\nusername = u\npassword = p\nmax-messages = 1\n"
    )
}
