use std::fmt::Write;

use crate::engine::Engine;
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::matcher::Matcher;
use crate::orders::{Cancel, Config, Modify, NewOrder, Price};
use crate::report::{Kind, NO_PRICE, Reason, Report};
use crate::types::{Nanos, Side, Ticks};

/// A message of a script.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message {
    New(NewOrder),
    Cancel(Cancel),
    Modify(Modify),
    Close(Nanos),
    Advance(Nanos),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub line: &'static str,
    pub message: Message,
    pub reports: String,
    pub depth: String,
}

/// Messages with what must follow each.
#[derive(Clone, Debug)]
pub struct Case {
    pub(super) title: &'static str,
    pub(super) config: Config,
    pub(super) steps: Vec<Step>,
}

/// What two engines must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All report bytes.
    pub reports: Vec<u8>,
    /// State hash after each message.
    pub states: Vec<u64>,
}

/// Prices of a mirrored case are complements: the i32 span is its own mirror image.
fn mirror_price(price: i64, mirrored: bool) -> i64 {
    if mirrored && price != NO_PRICE { !price } else { price }
}

fn mirror_side(side: Side, mirrored: bool) -> Side {
    if mirrored { side.opposite() } else { side }
}

impl Case {
    /// Rule and title.
    pub fn name(&self) -> &str {
        self.title
    }

    /// Rule, such as `R05`.
    pub fn rule(&self) -> &str {
        &self.title[..3]
    }

    /// Run through one engine type, with bids and asks exchanged if `mirrored`.
    ///
    /// # Errors
    /// The line, what it expected and what it got; or the invariant that broke.
    pub fn run<L: Ladder<u32>, I: IdIndex>(&self, mirrored: bool) -> Result<Outcome, String> {
        let base_tick = if mirrored { -self.config.base_tick.0 } else { self.config.base_tick.0 };
        let mut engine = Matcher::<L, I>::new(Config { base_tick: Ticks(base_tick), ..self.config });
        let mut outcome = Outcome { reports: Vec::new(), states: Vec::new() };
        let mut reports = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let fail = |what: &str, expected: &str, got: &str| {
                Err(format!(
                    "{}{}\n  {}\n  {what}: expected {expected:?}, got {got:?}",
                    self.title,
                    if mirrored { " (mirrored)" } else { "" },
                    step.line
                ))
            };
            reports.clear();
            let before = engine.book().state_hash();
            send(&mut engine, &step.message, number as u64 + 1, mirrored, &mut reports);
            let got = texts(&reports, mirrored);
            if got != step.reports {
                return fail("reports", &step.reports, &got);
            }
            if reports.iter().any(|report| report.seq != number as u64 + 1) {
                return fail("seq", &(number + 1).to_string(), &format!("{reports:?}"));
            }
            let got = depth(&engine, mirrored);
            if got != step.depth {
                return fail("depth", &step.depth, &got);
            }
            if let Err(broken) = engine.validate() {
                return fail("book", "every invariant", &broken.0);
            }
            let after = engine.book().state_hash();
            let refused = |kind| matches!(kind, Kind::Reject | Kind::CancelReject | Kind::ModifyReject);
            if reports.iter().all(|report| refused(report.kind)) && before != after {
                return fail("state", "unchanged by a refused message (R10)", "changed");
            }
            outcome.states.push(after);
            outcome.reports.extend(reports.iter().flat_map(Report::bytes));
        }
        Ok(outcome)
    }
}

fn send<L: Ladder<u32>, I: IdIndex>(
    engine: &mut Matcher<L, I>,
    message: &Message,
    seq: u64,
    mirrored: bool,
    out: &mut Vec<Report>,
) {
    let ticks = |price: Ticks| Ticks(mirror_price(price.0, mirrored));
    match *message {
        Message::New(order) => {
            let price = match order.price {
                Price::Limit(price) => Price::Limit(ticks(price)),
                Price::Market(limit) => Price::Market(limit.map(ticks)),
            };
            let side = mirror_side(order.side, mirrored);
            engine.new_order(&NewOrder { seq, side, price, ..order }, out);
        }
        Message::Cancel(cancel) => engine.cancel(&Cancel { seq, ..cancel }, out),
        Message::Modify(modify) => {
            let side = mirror_side(modify.side, mirrored);
            engine.modify(&Modify { seq, side, price: ticks(modify.price), ..modify }, out);
        }
        Message::Close(ts) => engine.close(seq, ts, out),
        Message::Advance(ts) => engine.advance(seq, ts, out),
    }
}

/// Reports as the scripts write them.
fn texts(reports: &[Report], mirrored: bool) -> String {
    let texts: Vec<_> = reports.iter().map(|report| text(report, mirrored)).collect();
    texts.join(", ")
}

fn text(report: &Report, mirrored: bool) -> String {
    let &Report { kind, qty, id, maker, taker, .. } = report;
    let side = if mirror_side(report.side, mirrored) == Side::Buy { 'b' } else { 's' };
    let price = match mirror_price(report.price, mirrored) {
        NO_PRICE => "mkt".to_owned(),
        price => price.to_string(),
    };
    let why = if report.reason == Reason::None { String::new() } else { format!(" {:?}", report.reason) };
    match kind {
        Kind::OrderAck => format!("ack {side}{id} {qty}@{price}{why}"),
        Kind::Trade => format!("trade {side} {qty}@{price} {maker}<{taker}{why}"),
        Kind::CancelAck => format!("cancelled {side}{id} {qty}@{price}{why}"),
        Kind::ModifyAck => format!("modified {side}{id} {qty}@{price}{why}"),
        Kind::Expired => format!("expired {side}{id} {qty}@{price}{why}"),
        Kind::Triggered => format!("triggered {side}{id} {qty}@{price}{why}"),
        Kind::CancelReject | Kind::ModifyReject | Kind::Reject => format!("{kind:?} {id}{why}"),
    }
}

/// Whole depth, bids best first, a slash, asks best first. The queries of the engine must agree with it.
fn depth<L: Ladder<u32>, I: IdIndex>(engine: &Matcher<L, I>, mirrored: bool) -> String {
    let mut text = String::new();
    for side in Side::BOTH.map(|side| mirror_side(side, mirrored)) {
        let best = if side == Side::Buy { engine.best_bid() } else { engine.best_ask() };
        let levels = engine.book().depth(side);
        let prices: Vec<i64> = levels.map(|l| engine.config().base_tick.0 + i64::from(l.tick)).collect();
        if best != prices.first().copied() {
            let _ = write!(text, "best {best:?} ");
        }
        for price in prices {
            let _ = write!(text, "{}x{} ", mirror_price(price, mirrored), engine.depth_at(price, side));
        }
        if side == mirror_side(Side::Buy, mirrored) {
            text.push_str("/ ");
        }
    }
    text.trim_end().to_owned()
}
