//! Two recorded books, made ready once for every environment: what each decision may see, and what each order meets.

mod fit;
mod flow;
mod marks;
mod micro;
mod money;
mod runs;
mod touch;

use std::ops::Range;

pub use fit::check;
pub use marks::Marks;
pub use money::Money;
pub use runs::Stage;
pub use touch::{LEVELS, Level, Log, Source, Timing, Touch};

use crate::Error;
use crate::pair::config::Settings;
use crate::pair::features::Market;
use crate::pair::layout::Features;
use crate::pair::world::Quote;
use micro::Micro;

/// Share of decisions at which a leg may be without two uncrossed sides; they show the book that was last whole.
const MOST_BROKEN: f64 = 0.01;

/// What one decision sees.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// When it is, ns UTC.
    pub ts: i64,
    /// x, log units.
    pub x: f64,
    /// z as observations show it, not clipped.
    pub z: f64,
    /// Hedge ratio.
    pub beta: f64,
    /// Best prices in quanta of a lot.
    pub quotes: [Quote; 2],
}

/// The tape of a pair. Nothing an account does changes it.
#[derive(Debug)]
pub struct Tape {
    /// Unit of money.
    pub money: Money,
    /// Events of each leg, for orders that the logs do not answer.
    pub sources: [Source; 2],
    /// What orders meet.
    pub logs: [Log; 2],
    /// What decisions see.
    pub rows: Vec<Row>,
    /// Rows that may be shown, a range a session.
    pub runs: Vec<Range<usize>>,
    /// Rows at the start of each session that are not.
    pub warm_up: usize,
    /// Decisions at which a leg was not whole.
    pub broken: usize,
    /// Books to go on from.
    pub marks: Marks,
    columns: Vec<f32>,
    width: usize,
}

impl Tape {
    /// Read both legs and compute what every decision sees; an observation at t knows what was received by t. O(events +
    /// decisions).
    ///
    /// # Errors
    /// Two legs without a common unit or a time in common, no receive times, books that are crossed or one-sided too often,
    /// no decision after the warm-up.
    pub fn new(sources: [Source; 2], timing: &Timing, settings: &Settings) -> Result<Self, Error> {
        let legs = sources.each_ref().map(|source| &source.file.instruments()[usize::from(source.instr)]);
        let money = Money::of(legs)?;
        let [one, two] = &sources;
        let logs = [Log::read(one, timing)?, Log::read(two, timing)?];
        let mut tape = Self {
            money,
            sources,
            logs,
            rows: Vec::new(),
            runs: Vec::new(),
            warm_up: Market::warm_up(settings) as usize,
            broken: 0,
            marks: Marks::default(),
            columns: Vec::new(),
            width: settings.layout.market(),
        };
        let [one, two] = &tape.logs;
        for session in runs::shared(&one.sessions, &two.sessions) {
            tape.session(session, timing, settings);
        }
        tape.check()?;
        Ok(tape)
    }

    /// Every decision of one session, from the first at which both legs are whole.
    fn session(&mut self, (first, last): (i64, i64), timing: &Timing, settings: &Settings) {
        let numbers = touch::bucket(first, timing.dt_ns)..=last.div_euclid(timing.dt_ns);
        let mut market = Market::new(settings);
        let mut micro = [0, 1].map(|_| Micro::new(settings.window));
        let mut at = [0, 1].map(|leg| self.logs[leg].seen.partition_point(|&seen| seen < first));
        let mut shown: Option<[Touch; 2]> = None;
        let start = self.rows.len();
        for number in numbers {
            let ts = number * timing.dt_ns;
            let seen: [Option<Touch>; 2] = std::array::from_fn(|leg| {
                let log = &self.logs[leg];
                at[leg] += log.seen[at[leg]..].iter().take_while(|&&seen| seen <= ts).count();
                at[leg].checked_sub(1).map(|row| log.touches[row]).filter(|touch| touch.best().is_some())
            });
            self.broken += usize::from(shown.is_some() && seen.iter().any(Option::is_none));
            let touches = match (seen, shown) {
                ([Some(one), Some(two)], _) => [one, two],
                (seen, Some(shown)) => std::array::from_fn(|leg| seen[leg].unwrap_or(shown[leg])),
                _ => continue,
            };
            shown = Some(touches);
            let quotes: [Quote; 2] = std::array::from_fn(|leg| self.quote(leg, &touches[leg]));
            let logs = std::array::from_fn(|leg| self.money.log(leg, quotes[leg].mid2()));
            let x = market.push(settings, logs, &quotes);
            for (leg, micro) in micro.iter_mut().enumerate() {
                micro.push(&touches[leg], self.logs[leg].flows.at(number));
            }
            self.rows.push(Row { ts, x, z: market.z(settings), beta: market.beta(), quotes });
            let from = self.columns.len();
            self.columns.resize(from + self.width, 0.0);
            let out = &mut self.columns[from..];
            market.write(settings, &quotes, out);
            if settings.layout.features == Features::Full {
                for ((micro, touch), out) in micro.iter().zip(&touches).zip(out[20..].chunks_exact_mut(9)) {
                    micro.write(touch, &mut out[1..]);
                }
            }
        }
        if self.rows.len() > start + self.warm_up {
            self.runs.push(start + self.warm_up..self.rows.len());
        }
    }

    fn quote(&self, leg: usize, touch: &Touch) -> Quote {
        let [bid, ask] = touch.sides.map(|side| self.money.price(leg, side[0].tick));
        Quote { bid, ask, depth: i64::from(touch.sides[0][0].lots) }
    }

    fn check(&self) -> Result<(), Error> {
        let (rows, broken) = (self.rows.len(), self.broken);
        if broken as f64 > MOST_BROKEN * rows as f64 {
            return Err(Error::Data(format!(
                "tape: expected whole books at 99 % of the decisions, got {broken} of {rows} crossed or one-sided"
            )));
        }
        if self.runs.is_empty() {
            return Err(Error::Data(format!(
                "tape: expected more than {} decisions of warm-up in one session, found {rows} in all",
                self.warm_up
            )));
        }
        if self.rows.iter().any(|row| row.quotes.iter().any(|quote| quote.bid <= 0)) {
            return Err(Error::Data("tape: price: expected positive ones, got 0 or below".into()));
        }
        Ok(())
    }

    /// Market columns of a row.
    #[inline]
    pub fn columns(&self, row: usize) -> &[f32] {
        &self.columns[row * self.width..(row + 1) * self.width]
    }
}
