//! A strategy's run through one file: an exchange side, a strategy side, and what is on its way between them.

mod advance;
mod exchange;
mod send;
mod step;

use std::sync::Arc;

use quantrl_feed::{Books, Event, Replay};
use quantrl_lob::{Fnv, OrderRef};
use quantrl_rng::Key;

use super::account::Account;
use super::action::Actions;
use super::clock::{Flight, NEVER};
use super::error::Error;
use super::local::Local;
use super::order::{Op, Report, Request};
use super::orders::Orders;
use super::plan::Plan;
use super::record::{Equity, Record};
use super::venue::Venue;
use super::view::LocalView;
use super::wire::{Wire, wire};

pub use step::Until;

/// A report on its way to the strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) report: Report,
    /// What was asked.
    pub(crate) op: Op,
    /// Its number among the reports of its order.
    pub(crate) nth: u32,
    /// Of an execution, billionths of a cash unit.
    pub(crate) fee: i128,
}

wire!(Answer { report, op, nth, fee });

/// See the module. Cloning copies the whole state: both go on alike under the same actions.
#[derive(Clone, Debug)]
pub struct Session<V> {
    pub(crate) plan: Arc<Plan>,
    pub(crate) stream: u64,
    pub(crate) venue: V,
    /// Events the exchange has applied.
    pub(crate) exch_at: usize,
    pub(crate) local: Local,
    pub(crate) now: i64,
    /// Latest arrival of a message so far.
    pub(crate) latest: i64,
    pub(crate) ended: bool,
    pub(crate) requests: Flight<Request>,
    pub(crate) responses: Flight<Answer>,
    /// Requests sent.
    pub(crate) sent: u64,
    pub(crate) orders: Orders,
    /// By executions at the exchange; by executions received.
    pub(crate) accounts: [Vec<Account>; 2],
    pub(crate) inbox: Vec<Report>,
    /// Fee of each report in the inbox, billionths of a cash unit.
    pub(crate) inbox_fees: Vec<i128>,
    pub(crate) opened: Vec<OrderRef>,
    pub(crate) next_equity: i64,
    pub(crate) record: Record,
    reports: Vec<Report>,
    /// Room for the actions of a wake.
    pub(crate) wishes: Actions,
}

/// Levels a side that nothing allocates below, all instruments together.
const LEVELS: usize = 2_048;

/// Empty books of a plan's file.
pub(crate) fn empty_books(plan: &Plan) -> Books {
    Replay::new(&**plan.file()).books().clone()
}

impl<V: Venue> Session<V> {
    /// At the first exchange time, before any event. `venue` makes the exchange side over its books; `stream` tells
    /// apart sessions that share a seed.
    ///
    /// # Errors
    /// What `venue` refuses.
    pub fn new(
        plan: &Arc<Plan>,
        stream: u64,
        venue: impl FnOnce(Books) -> Result<V, Error>,
    ) -> Result<Self, Error> {
        let mut books = empty_books(plan);
        let mut local = Local::new(plan, &books);
        let levels = LEVELS / plan.instruments();
        books.reserve(levels);
        local.reserve(levels);
        Ok(Self::at(plan, stream, venue(books)?, local, plan.file().header().first_ts))
    }

    /// As one that has been idle from the start until `ts`. From the nearest checkpoint.
    ///
    /// # Errors
    /// A time outside the file, or a damaged file.
    pub fn starting(
        plan: &Arc<Plan>,
        stream: u64,
        ts: i64,
        venue: impl FnOnce(Books) -> Result<V, Error>,
    ) -> Result<Self, Error> {
        let header = plan.file().header();
        if !(header.first_ts..=header.last_ts).contains(&ts) {
            let span = format_args!("{} to {}", header.first_ts, header.last_ts);
            return Err(Error::config("start", span, ts));
        }
        let mut replay = Replay::new(&**plan.file());
        replay.seek_ts(plan.horizon(ts))?;
        let (at, books) = (replay.at() as usize, replay.books().clone());
        let local = Local::sought(plan, &empty_books(plan), ts)?;
        let mut session = Self::at(plan, stream, venue(books)?, local, ts);
        session.exch_at = at;
        session.reach(ts)?;
        if plan.config().equity_every > 0 {
            // Samples stay at whole intervals from the first event.
            let every = plan.config().equity_every;
            session.next_equity = header.first_ts + ((ts - header.first_ts) / every + 1) * every;
        }
        Ok(session)
    }

    pub(crate) fn at(plan: &Arc<Plan>, stream: u64, venue: V, local: Local, now: i64) -> Self {
        let config = plan.config();
        let accounts = vec![Account::default(); plan.instruments()];
        let mut session = Self {
            stream,
            venue,
            exch_at: 0,
            local,
            now,
            latest: i64::MIN,
            ended: false,
            requests: Flight::new(!config.allow_reorder),
            responses: Flight::new(!config.allow_reorder),
            sent: 0,
            orders: Orders::new(config.max_own_orders),
            accounts: [accounts.clone(), accounts],
            inbox: Vec::new(),
            inbox_fees: Vec::new(),
            opened: Vec::new(),
            next_equity: if config.equity_every > 0 {
                now.saturating_add(config.equity_every)
            } else {
                NEVER
            },
            record: Record::default(),
            reports: Vec::new(),
            wishes: Actions::with_capacity(64),
            plan: Arc::clone(plan),
        };
        let own = config.max_own_orders as usize;
        session.requests.reserve(2 * own);
        session.responses.reserve(4 * own);
        session.inbox.reserve(4 * own);
        session.inbox_fees.reserve(4 * own);
        session.reports.reserve(4 * own);
        session.opened.reserve(own);
        session
    }

    /// Local time, ns.
    #[inline]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Whether nothing is left: no event, no message.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// File and settings.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Events the exchange has applied. Not for a strategy.
    pub fn events(&self) -> usize {
        self.exch_at
    }

    /// The exchange side. Not for a strategy.
    pub fn venue(&self) -> &V {
        &self.venue
    }

    /// Accounts by executions at the exchange as far as it has been brought, see `Plan::horizon`. Not for a strategy.
    pub fn exchange_accounts(&self) -> &[Account] {
        &self.accounts[0]
    }

    /// What has been recorded.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Room for so many rows of the record; nothing allocates below that.
    pub fn reserve(&mut self, fills: usize, log: usize, equity: usize) {
        self.record.reserve(fills, log, equity);
    }

    /// All the strategy sees now.
    ///
    /// # Errors
    /// A damaged file.
    #[inline]
    pub fn view(&mut self) -> Result<LocalView<'_>, Error> {
        self.sync()?;
        Ok(self.synced())
    }

    #[inline]
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.local.follow(self.exch_at);
        self.local.sync(&self.plan, self.now)
    }

    #[inline]
    pub(crate) fn synced(&self) -> LocalView<'_> {
        LocalView {
            now: self.now,
            received: self.local.at(),
            books: self.local.books().unwrap_or(self.venue.books()),
            orders: &self.orders,
            accounts: &self.accounts[1],
            reports: &self.inbox,
            report_fees: &self.inbox_fees,
            opened: &self.opened,
            plan: &self.plan,
        }
    }

    /// The event received as number `nth`.
    ///
    /// # Errors
    /// It has not been received by now.
    pub fn received(&mut self, nth: usize) -> Result<Event, Error> {
        self.sync()?;
        let known = self.local.at();
        match self.plan.nth(nth) {
            Some(event) if nth < known => Ok(event),
            _ => Err(Error::LookAhead {
                expected: format!("an event below {known}, those received by {}", self.now),
                got: nth.to_string(),
            }),
        }
    }

    /// When the exchange applies an event, by the strategy's clock; `NEVER` behind the last.
    pub(crate) fn time_of(&self, event: usize) -> i64 {
        let Some(ts) = self.plan.events().get(event).map(|bytes| Event::of_bytes(bytes).ts_exch) else {
            return NEVER;
        };
        ts + (ts - self.plan.horizon(ts))
    }

    /// Whether a report has come since the last wake.
    #[inline]
    pub(crate) fn has_heard(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// The next wake sees reports from now on.
    #[inline]
    pub(crate) fn forget_heard(&mut self) {
        self.inbox.clear();
        self.inbox_fees.clear();
    }

    pub(crate) fn key(&self) -> Key {
        Key { seed: self.plan.config().seed, stream: self.stream }
    }

    /// Sample every account.
    pub(crate) fn sample(&mut self) -> Result<(), Error> {
        self.sync()?;
        for (instr, at) in (0u16..).zip(0..self.plan.instruments()) {
            let ticks2 = self.synced().mid2(instr).unwrap_or(i64::MIN);
            let Account { position, cash, fee, .. } = self.accounts[1][at];
            self.record.equity.push(Equity { ts: self.now, instr, position, cash, fee, ticks2 });
        }
        Ok(())
    }

    /// FNV-1a over the record, both accounts, the clock and the exchange's books. O(rows + orders).
    pub fn hash(&self) -> u64 {
        let mut hash = Fnv::default();
        self.record.hash_into(&mut hash);
        let mut state = Vec::new();
        self.accounts.iter().flatten().for_each(|account| account.put(&mut state));
        (self.now, self.sent).put(&mut state);
        self.venue.books().state_hash().put(&mut state);
        hash.write(&state);
        hash.finish()
    }
}
