//! A broker as words, and its resting order put back among the events.

use crate::Error;
use crate::pair::state::{Words, put, put_reals};
use crate::pair::tape::Tape;

use super::broker::{Broker, Phase};
use super::floor::{Arrival, Floors};
use super::line::{Line, News, ROOM, Stage};
use super::plan::Plan;
use super::terms::Work;

const STAGES: [Stage; 4] = [Stage::Free, Stage::Going, Stage::Resting, Stage::Over];

impl Line {
    fn save(&self, out: &mut Vec<u8>) {
        let Self {
            stage,
            post,
            lots,
            limit,
            arrive,
            latency,
            open,
            cancel,
            cancel_latency,
            last,
            ahead,
            rows,
            news,
            count,
        } = self;
        let stage = STAGES.iter().position(|other| other == stage).unwrap_or(0);
        put(out, [stage as u64, u64::from(*post), *count as u64]);
        let [here, there] = open;
        let times = [lots, limit, arrive, latency, here, there, cancel, cancel_latency, last, ahead];
        put(out, times.map(|value| *value as u64));
        let cells = |n: &News| [n.known, n.lots, n.cash, n.paid, n.cost, n.traded, i64::from(n.ended)];
        put(out, news.iter().flat_map(cells).map(|value| value as u64));
        rows.save(out);
    }

    fn load(words: &mut Words<'_>) -> Self {
        let stage = words.whole() as usize;
        let post = words.flag();
        let count = words.whole() as usize;
        if stage >= STAGES.len() || count > ROOM {
            words.spoil();
        }
        let mut line = Self {
            stage: STAGES.get(stage).copied().unwrap_or_default(),
            post,
            lots: words.signed(),
            limit: words.signed(),
            arrive: words.signed(),
            latency: words.signed(),
            open: [words.signed(), words.signed()],
            cancel: words.signed(),
            cancel_latency: words.signed(),
            last: words.signed(),
            ahead: words.signed(),
            ..Self::default()
        };
        let news = std::array::from_fn(|_| News {
            known: words.signed(),
            lots: words.signed(),
            cash: words.signed(),
            paid: words.signed(),
            cost: words.signed(),
            traded: words.signed(),
            ended: words.flag(),
        });
        (line.news, line.count) = (news, count.min(ROOM));
        line.rows = words.ledger();
        line
    }
}

impl Broker {
    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.lines.iter().for_each(|line| line.save(out));
        self.taken.iter().for_each(|ledger| ledger.save(out));
        let Plan { from, goal, units, even } = self.plan;
        put(out, [from, goal, units].into_iter().flatten().map(|value| value as u64));
        let phase = Phase::ALL.iter().position(|other| *other == self.phase).unwrap_or(0);
        put(out, [phase as u64, u64::from(self.tries), self.quoted as u64]);
        put(out, [even, self.anew, self.passive, self.over].map(u64::from));
        put(out, [self.since, self.begun, self.last_quote, self.hedged].map(|value| value as u64));
        put(out, self.counts);
        put_reals(out, self.shown);
    }

    /// What `save` wrote.
    pub fn load(words: &mut Words<'_>) -> Self {
        let lines = [Line::load(words), Line::load(words)];
        let taken = [words.ledger(), words.ledger()];
        let [from, goal, units] = std::array::from_fn(|_| [words.signed(), words.signed()]);
        let (phase, tries, quoted) = (words.whole() as usize, words.whole(), words.whole());
        if phase >= Phase::ALL.len() || tries > 1_000 || quoted > 1 {
            words.spoil();
        }
        let [even, anew, passive, over] = std::array::from_fn(|_| words.flag());
        let [since, begun, last_quote, hedged] = std::array::from_fn(|_| words.signed());
        Self {
            lines,
            taken,
            phase: Phase::ALL.get(phase).copied().unwrap_or(Phase::Idle),
            plan: Plan { from, goal, units, even },
            anew,
            passive,
            quoted: usize::from(quoted == 1),
            since,
            tries: tries as u32,
            begun,
            last_quote,
            over,
            hedged,
            counts: std::array::from_fn(|_| words.whole()),
            shown: std::array::from_fn(|_| words.real()),
        }
    }

    /// Put the resting order back where it stood.
    ///
    /// # Errors
    /// An order that the events do not leave so many lots of.
    pub fn resume(&self, floors: &mut Floors, tape: &Tape, work: &Work, now: i64) -> Result<(), Error> {
        for (leg, line) in self.lines.iter().enumerate().filter(|(_, line)| line.stage == Stage::Resting) {
            let (ts, lots, limit) = (line.arrive, line.lots, line.limit);
            let arrival = Arrival { tape, leg, ts, lots, limit, ledger: &line.rows, queue: work.queue };
            let left = if ts <= now && lots != 0 { floors.resume(&arrival, now) } else { None };
            let got = line.open[0];
            let expected = match left {
                Some(left) if left == got => continue,
                Some(left) => format!("{left} open lots"),
                None => "none that rests".to_owned(),
            };
            return Err(Error::Data(format!(
                "state: order of leg {leg}: expected {expected}, got {got} open lots"
            )));
        }
        Ok(())
    }
}
