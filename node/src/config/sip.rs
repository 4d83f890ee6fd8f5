//! `[sip]`: SIP clients. Without `listen` there is no SIP.

use super::read::duration;
use super::sections::Config;
use smol_str::SmolStr;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use switchback_core::rows::{Faults, Row};
use switchback_im::sip::{Budget, Expires, Listen, Options, ServiceRoute, TlsFiles, Wire};

/// What a server has when the file says nothing.
pub(super) fn default() -> Options {
    Options::new("localhost", "localhost")
}

/// Reads the section.
pub(super) fn sip(root: &Row<'_, '_>, config: &mut Config, base: &Path, faults: &mut Faults) {
    let Some(row) = root.section("sip", "[sip]", faults) else { return };
    let keys = [
        "certificate_file",
        "key_file",
        "listen",
        "listen_md5",
        "domain",
        "realm",
        "md5",
        "trusted",
        "service_route",
        "login_failures",
        "login_window",
        "expires_min",
        "expires",
        "expires_max",
        "devices_max",
        "connections_max",
        "strangers_max",
        "strangers_idle",
        "alive",
    ];
    row.only(&keys, faults);
    let options = &mut config.sip;
    sockets(&row, options, base, faults);
    if let Some(domain) = row.name("domain", faults) {
        options.domain = SmolStr::new(domain);
        options.realm = options.domain.clone();
    }
    if let Some(realm) = row.name("realm", faults) {
        options.realm = SmolStr::new(realm);
    }
    if let Some(md5) = row.flag("md5", faults) {
        options.md5 = md5;
    }
    if !options.md5 && !options.listen_md5.is_empty() {
        faults.add(row.line, "`listen_md5` needs `md5 = true`: without it logins keep no MD5 digest".into());
    }
    in_front(&row, options, faults);
    logins(&row, &mut options.logins, faults);
    if let Some(n) = row.whole("connections_max", 1..1_000_001, faults) {
        options.limits.connections = usize::try_from(n).unwrap_or(1);
    }
    if let Some(n) = row.whole("strangers_max", 1..1_000_001, faults) {
        options.limits.strangers = usize::try_from(n).unwrap_or(1);
    }
    let mut idle = ms(options.limits.stranger_idle);
    duration(&row, "strangers_idle", &mut idle, faults);
    options.limits.stranger_idle = Duration::from_millis(idle);
    if let Some(n) = row.whole("devices_max", 1..1001, faults) {
        options.devices_max = usize::try_from(n).unwrap_or(1);
    }
    let mut alive = ms(options.alive);
    duration(&row, "alive", &mut alive, faults);
    options.alive = Duration::from_millis(alive);
    expires(&row, &mut options.expires, faults);
}

/// Where to listen, and the certificate for what is secure of it.
fn sockets(row: &Row<'_, '_>, options: &mut Options, base: &Path, faults: &mut Faults) {
    for (key, sockets) in [("listen", &mut options.listen), ("listen_md5", &mut options.listen_md5)] {
        for (text, line) in row.texts(key, faults) {
            match listen(text) {
                Some(listen) => sockets.push(listen),
                None => faults.add(
                    line,
                    format!("`{text}` is no socket for SIP; give udp:, tcp:, tls:, ws: or wss: with an IP address and a port, like \"udp:127.0.0.1:5060\""),
                ),
            }
        }
    }
    let (certificate, key) = (row.text("certificate_file", faults), row.text("key_file", faults));
    options.tls = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(TlsFiles { certificate: base.join(certificate), key: base.join(key) })
        }
        (None, None) => None,
        _ => {
            faults.add(row.line, "`certificate_file` and `key_file` belong together".into());
            None
        }
    };
    if options.tls.is_none()
        && options.listen.iter().chain(&options.listen_md5).any(|listen| listen.wire.is_secure())
    {
        faults.add(row.line, "tls: and wss: need `certificate_file` and `key_file`".into());
    }
}

/// Proxies before us.
fn in_front(row: &Row<'_, '_>, options: &mut Options, faults: &mut Faults) {
    for (text, line) in row.texts("trusted", faults) {
        match text.parse() {
            Ok(address) => options.trusted.push(address),
            Err(_) => faults.add(line, format!("`{text}` is no IP address, like \"192.0.2.1\"")),
        }
    }
    if let Some(route) = row.text("service_route", faults) {
        match ServiceRoute::parse(route) {
            Some(route) => options.service_route = Some(route),
            None => faults.add(
                row.line,
                format!("`{route}` is no way for requests; give a SIP URI with lr, like \"<sip:proxy.example.net;lr>\""),
            ),
        }
    }
}

fn logins(row: &Row<'_, '_>, logins: &mut Budget, faults: &mut Faults) {
    if let Some(n) = row.whole("login_failures", 1..1_000_001, faults) {
        logins.failures = u32::try_from(n).unwrap_or(u32::MAX);
    }
    let mut window = ms(logins.window);
    duration(row, "login_window", &mut window, faults);
    logins.window = Duration::from_millis(window);
}

fn expires(row: &Row<'_, '_>, expires: &mut Expires, faults: &mut Faults) {
    let Expires { min, default, max } = expires;
    for (key, seconds) in [("expires_min", min), ("expires", default), ("expires_max", max)] {
        let mut life = u64::from(*seconds) * 1000;
        duration(row, key, &mut life, faults);
        *seconds = u32::try_from(life.div_ceil(1000)).unwrap_or(u32::MAX);
    }
    if expires.min > expires.default || expires.default > expires.max {
        faults.add(row.line, "`expires` lies between `expires_min` and `expires_max`".into());
    }
}

fn listen(text: &str) -> Option<Listen> {
    let (wire, address) = text.split_once(':')?;
    let wire = match wire {
        "udp" => Wire::Udp,
        "tcp" => Wire::Tcp,
        "tls" => Wire::Tls,
        "ws" => Wire::Ws,
        "wss" => Wire::Wss,
        _ => return None,
    };
    Some(Listen { wire, address: address.parse::<SocketAddr>().ok()? })
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
