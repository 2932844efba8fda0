//! A session as bytes: `QTS1`, version, SHA-256 of the settings and of the file, length, state, SHA-256 of all that.

use std::sync::Arc;

use quantrl_feed::{Books, checkpoint};
use sha2::{Digest, Sha256};

use super::account::Account;
use super::clock::{Flight, Timed};
use super::error::Error;
use super::local::Local;
use super::order::Report;
use super::orders::Orders;
use super::plan::Plan;
use super::session::{Session, empty_books};
use super::venue::Venue;
use super::wire::{Wire, split};

/// First bytes of every snapshot.
pub const MAGIC: [u8; 4] = *b"QTS1";
/// Version this crate writes and reads.
pub const VERSION: u16 = 2;

const HEAD: usize = 4 + 2 + 32 + 32 + 8;

impl<V: Venue> Session<V> {
    /// The whole state. O(orders + rows of the record).
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        VERSION.put(&mut out);
        out.extend_from_slice(&self.plan.config().sha256());
        out.extend_from_slice(&self.plan.file().header().sha256);
        let mut state = Vec::new();
        self.save(&mut state);
        state.put(&mut out);
        let hash = Sha256::digest(&out);
        out.extend_from_slice(&hash);
        out
    }

    fn save(&self, out: &mut Vec<u8>) {
        (self.stream, self.sent).put(out);
        (self.exch_at, self.local.at()).put(out);
        (self.now, self.latest).put(out);
        (self.next_equity, self.ended).put(out);
        save_flight(&self.requests, out);
        save_flight(&self.responses, out);
        self.orders.save(out);
        self.accounts.iter().for_each(|side| side.put(out));
        self.inbox.put(out);
        self.inbox_fees.put(out);
        self.opened.put(out);
        self.record.put(out);
        let mut part = Vec::new();
        checkpoint::saved(self.venue.books(), &mut part);
        part.put(out);
        self.local.books().is_some().put(out);
        if let Some(books) = self.local.books() {
            checkpoint::saved(books, &mut part);
            part.put(out);
        }
        part.clear();
        self.venue.save(&mut part);
        part.put(out);
    }

    /// Inverse of `snapshot`; `venue` makes the exchange side over its books, as it was made at the start.
    ///
    /// # Errors
    /// Bytes that are damaged, of another version, or of other settings or another file.
    pub fn restore(
        plan: &Arc<Plan>,
        bytes: &[u8],
        venue: impl FnOnce(Books) -> Result<V, Error>,
    ) -> Result<Self, Error> {
        let mut state = checked(plan, bytes)?;
        let session = Self::load(plan, &mut state, venue)?;
        if state.is_empty() {
            return Ok(session);
        }
        Err(Error::saved("size", "nothing behind the state", format_args!("{} bytes", state.len())))
    }

    fn load(
        plan: &Arc<Plan>,
        bytes: &mut &[u8],
        venue: impl FnOnce(Books) -> Result<V, Error>,
    ) -> Result<Self, Error> {
        let (stream, sent) = part(bytes, "counters")?;
        let (exch_at, local_at): (usize, usize) = part(bytes, "cursors")?;
        let (now, latest) = part(bytes, "clock")?;
        let (next_equity, ended) = part(bytes, "clock")?;
        let events = plan.events().len();
        if exch_at > events || local_at > events {
            let got = format_args!("{exch_at} and {local_at}");
            return Err(Error::saved("cursors", format_args!("at most {events}"), got));
        }
        let in_order = !plan.config().allow_reorder;
        let requests = load_flight(bytes, in_order, "requests")?;
        let responses = load_flight(bytes, in_order, "responses")?;
        let orders = Orders::load(bytes, plan.config().max_own_orders).map_err(|what| bad("orders", what))?;
        let accounts: [Vec<Account>; 2] = [part(bytes, "accounts")?, part(bytes, "accounts")?];
        let inbox: Vec<Report> = part(bytes, "reports")?;
        let inbox_fees: Vec<i128> = part(bytes, "reports")?;
        if inbox.len() != inbox_fees.len() {
            return Err(Error::saved("reports", format_args!("{} fees", inbox.len()), inbox_fees.len()));
        }
        let opened = part(bytes, "opened")?;
        let record = part(bytes, "record")?;
        let books = load_books(plan, bytes, exch_at)?;
        let own = if part(bytes, "local books")? { Some(load_books(plan, bytes, local_at)?) } else { None };
        if own.is_none() != plan.is_shared() {
            return Err(Error::saved("local books", "as the feed's latency asks", "otherwise"));
        }
        let mut venue = venue(books)?;
        let saved: Vec<u8> = part(bytes, "venue")?;
        let mut rest = &saved[..];
        venue.load(&mut rest).map_err(|what| bad("venue", what))?;
        if !rest.is_empty() {
            return Err(Error::saved("venue", "nothing behind it", format_args!("{} bytes", rest.len())));
        }
        let mut session = Self::at(plan, stream, venue, Local::restored(own, local_at), now);
        session.exch_at = exch_at;
        session.latest = latest;
        session.ended = ended;
        session.requests = requests;
        session.responses = responses;
        session.sent = sent;
        session.orders = orders;
        session.accounts = accounts;
        session.inbox = inbox;
        session.inbox_fees = inbox_fees;
        session.opened = opened;
        session.next_equity = next_equity;
        session.record = record;
        session.check_instruments()?;
        Ok(session)
    }

    /// Every instrument named in the state exists.
    fn check_instruments(&self) -> Result<(), Error> {
        let count = self.plan.instruments();
        let messages = self.requests.iter().map(|timed| timed.message.instr);
        let answers = self.responses.iter().map(|timed| timed.message.report.instr);
        let orders = self.orders.iter().map(|own| own.instr);
        let unknown = messages.chain(answers).chain(orders).find(|&instr| usize::from(instr) >= count);
        if let Some(instr) = unknown {
            return Err(Error::saved("instr", format_args!("below {count}"), instr));
        }
        if self.accounts.iter().any(|side| side.len() != count) {
            return Err(Error::saved("accounts", format_args!("{count} a side"), self.accounts[0].len()));
        }
        Ok(())
    }
}

/// The state within `bytes`, once these are found whole and of this plan.
fn checked<'a>(plan: &Plan, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
    let Some((head, hash)) = bytes.split_last_chunk::<32>().filter(|(head, _)| head.len() >= HEAD) else {
        return Err(Error::saved("size", format_args!("at least {} bytes", HEAD + 32), bytes.len()));
    };
    if head[..4] != MAGIC {
        return Err(Error::saved("magic", "QTS1", String::from_utf8_lossy(&head[..4])));
    }
    let version = u16::from_le_bytes([head[4], head[5]]);
    if version != VERSION {
        return Err(Error::saved("version", VERSION, version));
    }
    if Sha256::digest(head)[..] != hash[..] {
        return Err(Error::saved("sha256", hex(hash), "another hash: the bytes are damaged"));
    }
    for (field, at, ours) in
        [("config", 6, plan.config().sha256()), ("file", 38, plan.file().header().sha256)]
    {
        if head[at..at + 32] != ours {
            return Err(Error::saved(field, format_args!("sha256 {}", hex(&ours)), hex(&head[at..at + 32])));
        }
    }
    let mut rest = &head[HEAD - 8..];
    let length = usize::take(&mut rest).map_err(|what| bad("size", what))?;
    if rest.len() != length {
        return Err(Error::saved("size", format_args!("{length} bytes of state"), rest.len()));
    }
    Ok(rest)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bad(field: &'static str, what: String) -> Error {
    Error::saved(field, "state as it is saved", what)
}

fn part<T: Wire>(bytes: &mut &[u8], field: &'static str) -> Result<T, Error> {
    T::take(bytes).map_err(|what| bad(field, what))
}

fn save_flight<T: Wire + Copy>(flight: &Flight<T>, out: &mut Vec<u8>) {
    flight.marks().put(out);
    flight.iter().len().put(out);
    flight.iter().for_each(|timed| timed.put(out));
}

fn load_flight<T: Wire>(bytes: &mut &[u8], in_order: bool, field: &'static str) -> Result<Flight<T>, Error> {
    let marks = part(bytes, field)?;
    let queue: Vec<Timed<T>> = part(bytes, field)?;
    Flight::restored(in_order, marks, queue)
        .ok_or_else(|| Error::saved(field, "messages in order of arrival", "others"))
}

fn load_books(plan: &Plan, bytes: &mut &[u8], at: usize) -> Result<Books, Error> {
    let length = part::<usize>(bytes, "books")?;
    let saved = split(bytes, length).map_err(|what| bad("books", what))?;
    let mut books = empty_books(plan);
    checkpoint::restored(saved, &mut books, at as u64).map_err(|error| bad("books", error.to_string()))?;
    Ok(books)
}
