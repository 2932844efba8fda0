//! The one order a leg may have, and what is on its way about it.

use crate::pair::ledger::Ledger;

/// No time.
pub const NEVER: i64 = i64::MAX;
/// Messages about an order on their way to the trader; one more goes with the last of them.
pub const ROOM: usize = 6;

/// Where an order stands at the exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// There is none.
    #[default]
    Free,
    /// On its way.
    Going,
    /// In the book.
    Resting,
    /// Ended; the trader may not know it yet.
    Over,
}

/// What the exchange says of an order: executions summed, in half quanta.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// When the trader knows, ns.
    pub known: i64,
    /// Lots bought, or sold when negative.
    pub lots: i64,
    /// Cash that came, fees and extra costs taken off.
    pub cash: i64,
    /// Fees and extra costs.
    pub paid: i64,
    /// Fees, extra costs and distance to mid.
    pub cost: i64,
    /// Traded value.
    pub traded: i64,
    /// The order has ended.
    pub ended: bool,
}

/// The order of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub stage: Stage,
    /// Never takes.
    pub post: bool,
    /// Lots asked for, negative to sell.
    pub lots: i64,
    /// Worst price.
    pub limit: i64,
    /// When it arrives, ns.
    pub arrive: i64,
    /// Of its messages, ns.
    pub latency: i64,
    /// Lots still open at the exchange, and as far as the trader knows.
    pub open: [i64; 2],
    /// When a cancel arrives.
    pub cancel: i64,
    /// How long the answer to it takes, ns.
    pub cancel_latency: i64,
    /// Arrival of the last message to the exchange: none overtakes another.
    pub last: i64,
    /// Lots displayed before it at most, by what was received.
    pub ahead: i64,
    /// What the account had taken when it was posted.
    pub rows: Ledger,
    /// On their way to the trader.
    pub news: [News; ROOM],
    /// How many.
    pub count: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            stage: Stage::Free,
            post: false,
            lots: 0,
            limit: 0,
            arrive: 0,
            latency: 0,
            open: [0; 2],
            cancel: NEVER,
            cancel_latency: 0,
            last: i64::MIN,
            ahead: 0,
            rows: Ledger::default(),
            news: [News::default(); ROOM],
            count: 0,
        }
    }
}

impl Line {
    /// Send an order.
    pub fn send(&mut self, post: bool, lots: i64, limit: i64, sent: i64, latency: i64) {
        let arrive = (sent + latency).max(self.last);
        let open = [lots.abs(); 2];
        *self = Self {
            stage: Stage::Going,
            post,
            lots,
            limit,
            arrive,
            latency,
            open,
            last: arrive,
            ..Self::default()
        };
    }

    /// Ask for its end.
    pub fn end(&mut self, sent: i64, latency: i64) {
        self.last = self.last.max(sent + latency);
        (self.cancel, self.cancel_latency) = (self.last, latency);
    }

    /// An order is on its way or in the book as far as the trader knows.
    pub fn is_busy(&self) -> bool {
        self.stage != Stage::Free
    }

    /// A passive one whose end was not asked for.
    pub fn is_quoted(&self) -> bool {
        self.is_busy() && self.post && self.cancel == NEVER
    }

    /// Whether the trader knows that it rests.
    pub fn is_known(&self, now: i64) -> bool {
        self.post && self.is_busy() && self.arrive.saturating_add(self.latency) <= now
    }

    /// When the exchange next hears of it.
    pub fn due(&self) -> i64 {
        match self.stage {
            Stage::Going => self.arrive,
            Stage::Resting => self.cancel,
            Stage::Free | Stage::Over => NEVER,
        }
    }

    /// The exchange says something; none of its messages overtakes another.
    pub fn tell(&mut self, news: News) {
        let known = self.news[..self.count].last().map_or(news.known, |last| news.known.max(last.known));
        if news.ended {
            self.stage = Stage::Over;
        }
        if self.count < ROOM {
            self.news[self.count] = News { known, ..news };
            self.count += 1;
            return;
        }
        let last = &mut self.news[ROOM - 1];
        *last = News {
            known,
            lots: last.lots + news.lots,
            cash: last.cash + news.cash,
            paid: last.paid + news.paid,
            cost: last.cost + news.cost,
            traded: last.traded + news.traded,
            ended: last.ended || news.ended,
        };
    }

    /// When the trader next hears of it.
    pub fn heard(&self) -> i64 {
        self.news[..self.count].first().map_or(NEVER, |news| news.known)
    }

    /// What the trader hears by `now`.
    pub fn hear(&mut self, now: i64) -> Option<News> {
        let news = *self.news[..self.count].first().filter(|news| news.known <= now)?;
        self.news.copy_within(1..self.count, 0);
        self.count -= 1;
        self.news[self.count] = News::default();
        self.open[1] -= news.lots.abs();
        if news.ended {
            *self = Self { last: self.last, ..Self::default() };
        }
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_goes_with_the_last() {
        let mut line = Line::default();
        line.send(true, 40, 7, 100, 10);
        assert_eq!((line.due(), line.is_known(119), line.is_known(120)), (110, false, true));
        line.stage = Stage::Resting;
        for fill in 0..8 {
            line.tell(News {
                known: 200 + fill,
                lots: 2,
                cash: -28,
                paid: 1,
                ended: fill == 7,
                ..News::default()
            });
        }
        assert_eq!(line.stage, Stage::Over);
        let heard: Vec<_> = std::iter::from_fn(|| line.hear(1_000)).collect();
        assert_eq!(heard.iter().map(|news| news.paid).sum::<i64>(), 8);
        let heard: Vec<_> = heard.iter().map(|news| (news.known, news.lots)).collect();
        assert_eq!(heard, [(200, 2), (201, 2), (202, 2), (203, 2), (204, 2), (207, 6)]);
        assert!(!line.is_busy());
    }

    #[test]
    fn no_message_overtakes_another() {
        let mut line = Line::default();
        line.send(true, 1, 7, 100, 50);
        line.end(110, 5);
        assert_eq!((line.cancel, line.due()), (150, 150));
        line.tell(News { known: 300, ..News::default() });
        line.tell(News { known: 250, ended: true, ..News::default() });
        assert_eq!(
            (line.hear(299), line.hear(300).is_some(), line.hear(300).map(|news| news.ended)),
            (None, true, Some(true))
        );
    }
}
