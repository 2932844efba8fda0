//! One message to a book, from numbers as they cross the boundary.

use quantrl_lob::{
    Cancel, Engine, Lots, Matcher, Modify, Nanos, NewOrder, Price, ReportSink, Side, Ticks, Tif,
};

/// What a message asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    New,
    Cancel,
    Modify,
    Close,
    Advance,
}

impl Op {
    /// By number from 0.
    pub const TABLE: [(&str, Self); 5] = [
        ("new", Self::New),
        ("cancel", Self::Cancel),
        ("modify", Self::Modify),
        ("close", Self::Close),
        ("advance", Self::Advance),
    ];
}

/// Lifetimes by number from 0.
pub const LIFETIMES: [&str; 5] = ["gtc", "ioc", "fok", "gtd", "day"];
/// Number of the lifetime with a time.
pub const GTD: u8 = 3;

/// Fields of a message; those that its op has no use for are not read.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    pub op: Op,
    pub id: u64,
    /// None: the side the order stands on.
    pub side: Option<Side>,
    /// None: no limit, for orders at the market.
    pub price: Option<i64>,
    pub market: bool,
    pub qty: i64,
    /// Number below `LIFETIMES.len()`.
    pub tif: u8,
    pub expires: i64,
    pub owner: u16,
    pub post_only: bool,
    /// None: the book's time.
    pub ts: Option<i64>,
}

impl Message {
    /// A message without an order.
    pub fn bare(op: Op, id: u64, ts: Option<i64>) -> Self {
        Self {
            op,
            id,
            side: None,
            price: None,
            market: false,
            qty: 0,
            tif: 0,
            expires: 0,
            owner: 0,
            post_only: false,
            ts,
        }
    }

    fn lifetime(&self) -> Tif {
        match self.tif {
            1 => Tif::Ioc,
            2 => Tif::Fok,
            GTD => Tif::Gtd(Nanos(self.expires)),
            4 => Tif::Day,
            _ => Tif::Gtc,
        }
    }
}

/// A matcher that numbers its messages from 1.
#[derive(Clone, Debug)]
pub struct Numbered {
    pub matcher: Matcher,
    pub seq: u64,
}

impl Numbered {
    /// Send one message.
    #[inline]
    pub fn send(&mut self, message: &Message, out: &mut impl ReportSink) {
        self.seq += 1;
        let seq = self.seq;
        let ts = Nanos(message.ts.unwrap_or_else(|| match self.matcher.now().0 {
            i64::MIN => 0,
            now => now,
        }));
        let &Message { id, .. } = message;
        match message.op {
            Op::New => {
                let price = match (message.market, message.price) {
                    (false, Some(price)) => Price::Limit(Ticks(price)),
                    (_, price) => Price::Market(price.map(Ticks)),
                };
                let order = NewOrder {
                    id,
                    seq,
                    ts,
                    price,
                    qty: Lots(message.qty),
                    tif: message.lifetime(),
                    owner: message.owner,
                    side: message.side.unwrap_or(Side::Buy),
                    post_only: message.post_only,
                };
                self.matcher.new_order(&order, out);
            }
            Op::Cancel => self.matcher.cancel(&Cancel { id, seq, ts }, out),
            Op::Modify => {
                let price = Ticks(message.price.unwrap_or(i64::MAX));
                let side = message.side.or_else(|| self.side_of(id)).unwrap_or(Side::Buy);
                self.matcher.modify(&Modify { id, seq, ts, price, qty: Lots(message.qty), side }, out);
            }
            Op::Close => self.matcher.close(seq, ts, out),
            Op::Advance => self.matcher.advance(seq, ts, out),
        }
    }

    fn side_of(&self, id: u64) -> Option<Side> {
        self.matcher.book().level_of(self.matcher.find(id)?).map(|level| level.side)
    }
}
