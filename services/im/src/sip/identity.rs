//! Who sends (I18): a password, or a peer that the operator trusts. What a request says of itself (From, CPIM From,
//! P-Preferred-Identity, and from strangers P-Asserted-Identity) only picks among the sender's own addresses.

use super::flow::Flow;
use super::options::{Listen, Options};
use super::words::address_of;
use std::time::Duration;
use switchback_core::model::{Address, Origin, Plmn, SubscriberId};
use switchback_ports::directory::SipUser;
use switchback_ports::{Intake, Random};
use wire_sip::digest::{Algorithm, Asker, Credentials, Ha1, Policy, Server, Verdict};
use wire_sip::header::{AccessNetwork, Auth, NameAddr};
use wire_sip::{HeaderName, Message, Method, Writer};

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// This subscriber.
    Known(SubscriberId),
    /// Nobody knows yet: ask, and say whether only the nonce was too old.
    Ask {
        /// The password was right.
        stale: bool,
    },
    /// Nobody: a wrong password, an unknown user, or an answer that was not asked for, and nobody can tell which. Ask
    /// again, but not without end.
    Wrong,
    /// The credentials make no sense, or are for another request: 400.
    Nonsense,
    /// A trusted peer vouches for an address that nobody here has: 403.
    Stranger,
}

/// The examiner.
#[derive(Debug)]
pub(super) struct Identity {
    digest: Server,
    /// For the sockets that ask for MD5 alone.
    digest_md5: Server,
    listen_md5: Vec<Listen>,
    trusted: Vec<std::net::IpAddr>,
}

impl Identity {
    pub(super) fn new(options: &Options, random: &dyn Random) -> Self {
        let server = |algorithms: &[Algorithm]| {
            let mut key = [0; 64];
            random.fill(&mut key);
            let mut policy = Policy::of_realm(options.realm.as_str());
            policy.algorithms = algorithms.to_vec();
            Server::new(policy, &key)
        };
        let best: &[_] =
            if options.md5 { &[Algorithm::Sha256, Algorithm::Md5] } else { &[Algorithm::Sha256] };
        Self {
            digest: server(best),
            digest_md5: server(&[Algorithm::Md5]),
            listen_md5: options.listen_md5.clone(),
            trusted: options.trusted.clone(),
        }
    }

    /// Whether the peer's word is taken for who sends.
    pub(super) fn trusts(&self, peer: std::net::IpAddr) -> bool {
        self.trusted.contains(&peer.to_canonical())
    }

    /// Whether the flow's socket asks for MD5 alone.
    fn is_for_md5(&self, flow: &Flow) -> bool {
        let socket = Listen { wire: flow.wire(), address: flow.local() };
        self.listen_md5.contains(&socket)
    }

    /// Who sent this request by `flow`.
    pub(super) fn of(&mut self, request: &Message, flow: &Flow, intake: &dyn Intake, now: Duration) -> Who {
        if self.trusts(flow.peer().ip()) {
            return vouched(request, intake);
        }
        let (mut stale, mut wrong, is_for_md5) = (false, false, self.is_for_md5(flow));
        for given in request.whole::<Auth<'_>>(asker(request.method()).credentials()) {
            let Ok(given) = given else { return Who::Nonsense };
            let Some(credentials) = Credentials::read(&given) else {
                wrong = true;
                continue;
            };
            if *credentials.realm != *self.digest.policy().realm.as_bytes() {
                // For another server on its way.
                continue;
            }
            let login =
                std::str::from_utf8(&credentials.username).ok().and_then(|user| intake.sip_user(user));
            let kept = login.as_ref().and_then(|login| self.kept(login, credentials.algorithm));
            let digest = if is_for_md5 { &mut self.digest_md5 } else { &mut self.digest };
            match (digest.verify(&credentials, kept.as_ref(), request, now), login) {
                (Verdict::Granted, Some(login)) => return Who::Known(login.subscriber),
                (Verdict::OtherUri, _) => return Who::Nonsense,
                (Verdict::Stale, _) => stale = true,
                (Verdict::Granted | Verdict::Refused, _) => wrong = true,
            }
        }
        if wrong && !stale { Who::Wrong } else { Who::Ask { stale } }
    }

    /// Adds our questions to an answer that goes by `flow`.
    pub(super) fn ask(
        &self,
        answer: &mut Writer<'_>,
        (method, flow): (Method<'_>, &Flow),
        stale: bool,
        mark: [u8; 8],
        now: Duration,
    ) {
        let digest = if self.is_for_md5(flow) { &self.digest_md5 } else { &self.digest };
        digest.challenge(answer, asker(method), stale, mark, now);
    }

    /// The secret of a login, for an algorithm; nothing when it was made for another realm.
    fn kept(&self, login: &SipUser, algorithm: Option<Algorithm>) -> Option<Ha1> {
        if login.realm != self.digest.policy().realm {
            return None;
        }
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match algorithm? {
            Algorithm::Sha256 => Ha1::from_hex(Algorithm::Sha256, &hex(&login.sha256)),
            Algorithm::Md5 => Ha1::from_hex(Algorithm::Md5, &hex(&login.md5?)),
            Algorithm::Sha512_256 => None,
        }
    }
}

/// As whom we ask: a registrar for registrations, a server on the way for everything else.
pub(super) fn asker(method: Method<'_>) -> Asker {
    if method == Method::Register { Asker::Origin } else { Asker::Proxy }
}

/// What a trusted peer says: the asserted identity, else, in a third-party registration, whom it registers.
fn vouched(request: &Message, intake: &dyn Intake) -> Who {
    let mut named: Vec<Address> = asserted(request).collect();
    if named.is_empty() {
        let of = if request.method() == Method::Register { request.to() } else { request.from() };
        named.extend(address_of(&of.uri));
    }
    named.iter().find_map(|address| intake.subscriber_of(address)).map_or(Who::Stranger, Who::Known)
}

/// The identities that a peer asserts (RFC 3325 9.1).
pub(super) fn asserted(request: &Message) -> impl Iterator<Item = Address> {
    let asserted = request.each::<NameAddr<'_>>(HeaderName::PAssertedIdentity);
    asserted.filter_map(|identity| address_of(&identity.ok()?.uri))
}

/// Where the sender is, as a peer says whose word counts (RFC 7315 5.4): what the network itself put in goes before what
/// it passed on. Over Wi-Fi the visited network is that of Cellular-Network-Info.
pub(super) fn origin(request: &Message) -> Origin {
    let by = |name| request.each::<AccessNetwork<'_>>(name).filter_map(Result::ok);
    let Some(access) = by(HeaderName::PAccessNetworkInfo)
        .find(AccessNetwork::is_network_provided)
        .or_else(|| by(HeaderName::PAccessNetworkInfo).next())
    else {
        return Origin::HOME;
    };
    let wifi = access.is_wifi();
    let cell = if wifi { by(HeaderName::CellularNetworkInfo).next() } else { Some(access) };
    let code = cell.and_then(|cell| cell.plmn()).and_then(|code| std::str::from_utf8(code).ok());
    Origin { visited: code.and_then(Plmn::parse), wifi }
}

/// The address that the sender wants to be seen with: what it prefers, else its From; nothing when that is
/// anonymous, so that its first address is shown.
///
/// # Errors
/// Something that is no address of ours to give.
pub(super) fn wanted_address(request: &Message) -> Result<Option<Address>, ()> {
    let preferred = request.one::<NameAddr<'_>>(HeaderName::PPreferredIdentity).map_err(|_| ())?;
    let shown = preferred.unwrap_or_else(|| request.from());
    let anonymous = |host: &[u8]| host.eq_ignore_ascii_case(b"anonymous.invalid");
    if shown
        .uri
        .sip()
        .is_some_and(|sip| matches!(sip.host, wire_sip::uri::Host::Name(name) if anonymous(name)))
    {
        return Ok(None);
    }
    address_of(&shown.uri).map(Some).ok_or(())
}
