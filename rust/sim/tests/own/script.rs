//! A market told in words, one step a phrase; the answers as words. Every script also runs mirrored, bids for asks and
//! prices negated, and with events applied one by one or through `run`.

use quantrl_feed::{Books, Decimal, Event, Instrument, Kind, flag};
use quantrl_lob::{OrderRef, Side};
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig};
use quantrl_sim::tick::{Liquidity, Op, OrderType, Outcome, Report, Request, Tif, Venue};

pub trait Staged: Venue {
    fn made(config: OwnConfig, level: u8) -> Self;
    fn ahead(&self, side: Side, order: OrderRef) -> String;
    fn jumped(&self) -> u64;
}

impl Staged for Ghost {
    fn made(config: OwnConfig, _: u8) -> Self {
        Ghost::new(Books::new(3, &[64]), config).unwrap()
    }

    fn ahead(&self, side: Side, order: OrderRef) -> String {
        Ghost::ahead(self, 0, side, order).map_or("gone".into(), |lots| lots.to_string())
    }

    fn jumped(&self) -> u64 {
        Ghost::jumped(self)
    }
}

impl Staged for L2Queue {
    fn made(config: OwnConfig, level: u8) -> Self {
        let instrument = Instrument::new("X", Decimal::ONE, Decimal::ONE);
        L2Queue::new(Books::new(level, &[0]), &[instrument], config).unwrap()
    }

    fn ahead(&self, side: Side, order: OrderRef) -> String {
        // Twelve digits: hand calculations are not rounded as the engine rounds.
        L2Queue::ahead(self, 0, side, order)
            .map_or("gone".into(), |lots| format!("{}", (lots * 1e12).round() / 1e12))
    }

    fn jumped(&self) -> u64 {
        0
    }
}

struct Stage<V> {
    venue: V,
    mirrored: bool,
    by_run: bool,
    ts: i64,
    number: u64,
    orders: Vec<(String, Side)>,
    said: Vec<String>,
}

impl<V: Staged> Stage<V> {
    fn side(&self, word: &str) -> Side {
        let side = match word {
            "bid" | "buy" => Side::Buy,
            "ask" | "sell" => Side::Sell,
            _ => panic!("a side, got {word}"),
        };
        if self.mirrored { side.opposite() } else { side }
    }

    fn tick(&self, word: &str) -> i32 {
        let tick: i32 = word.parse().unwrap();
        if self.mirrored { -tick } else { tick }
    }

    fn event(&mut self, event: Event) {
        let event = Event { ts_exch: self.ts, ..event };
        let mut reports = Vec::new();
        if self.by_run {
            let stopped = self.venue.run(&[event.to_bytes()], i64::MAX, &mut reports).unwrap();
            assert_eq!((stopped.events, stopped.reported), (1, !reports.is_empty()));
        } else {
            self.venue.on_event(&event, &mut reports).unwrap();
        }
        self.hear(&reports);
    }

    fn ask(&mut self, name: &str, op: Op, words: &[&str]) {
        let at = self.orders.iter().position(|(known, _)| known == name);
        let (slot, side, words) = match (op, at) {
            (Op::New, None) => {
                let side = self.side(words[0]);
                self.orders.push((name.to_owned(), side));
                (self.orders.len() - 1, side, &words[1..])
            }
            (_, at) => (at.unwrap(), self.orders[at.unwrap()].1, words),
        };
        let has = |word| words.contains(&word);
        let request = Request {
            number: self.number,
            order: OrderRef::new(0, slot as u32),
            instr: 0,
            op,
            side,
            kind: if has("market") { OrderType::Market } else { OrderType::Limit },
            tif: if has("ioc") {
                Tif::Ioc
            } else if has("fok") {
                Tif::Fok
            } else {
                Tif::Gtc
            },
            post_only: has("post"),
            tick: words.first().map_or(0, |word| self.tick(word)),
            lots: words.get(1).map_or(0, |word| word.parse().unwrap()),
        };
        self.number += 1;
        let mut reports = Vec::new();
        self.venue.submit(self.ts, &request, &mut reports);
        self.hear(&reports);
    }

    fn hear(&mut self, reports: &[Report]) {
        for report in reports {
            assert_eq!((report.ts, report.instr), (self.ts, 0));
            let (name, side) = &self.orders[report.order.slot() as usize];
            assert_eq!(report.side, *side);
            let tick = if self.mirrored { -report.tick } else { report.tick };
            let Report { lots, leaves, refusal, .. } = *report;
            let role = if report.liquidity == Liquidity::Maker { "maker" } else { "taker" };
            self.said.push(match report.outcome {
                Outcome::Accepted => format!("{name} accepted {lots}"),
                Outcome::Filled => format!("{name} {role} {lots}@{tick} left {leaves}"),
                Outcome::Amended => format!("{name} amended {lots}@{tick}"),
                Outcome::Cancelled => format!("{name} cancelled {leaves} {refusal:?}"),
                Outcome::Rejected => format!("{name} rejected {refusal:?}"),
                Outcome::RequestRejected => format!("{name} refused {refusal:?}"),
            });
        }
    }

    fn step(&mut self, phrase: &str) {
        let words: Vec<&str> = phrase.split_whitespace().collect();
        let number = |i: usize| -> u32 { words[i].parse().unwrap() };
        let on = |kind: Kind, slot, qty| Event { kind: kind as u8, slot, qty, ..Event::default() };
        let sided = |stage: &Self, kind: Kind| {
            let known = words[1] != "?";
            let sell = known && stage.side(words[1]) == Side::Sell;
            let flags = if known { flag::SIDE_KNOWN } else { 0 } | if sell { flag::SELL } else { 0 };
            Event { kind: kind as u8, flags, tick: stage.tick(words[2]), qty: number(3), ..Event::default() }
        };
        match words[0] {
            "add" => {
                let sell = self.side(words[2]) == Side::Sell;
                let flags = flag::SIDE_KNOWN | if sell { flag::SELL } else { 0 };
                let tick = self.tick(words[3]);
                self.event(Event { flags, tick, ..on(Kind::Add, number(1), number(4)) });
            }
            "reduce" => self.event(on(Kind::Reduce, number(1), number(2))),
            "delete" => self.event(on(Kind::Delete, number(1), 0)),
            "exec" => self.event(on(Kind::Exec, number(1), number(2))),
            "amend" | "keep" => {
                let flags = if words[0] == "keep" { flag::KEEPS_PRIORITY } else { 0 };
                let tick = self.tick(words[2]);
                self.event(Event { flags, tick, ..on(Kind::Amend, number(1), number(3)) });
            }
            "replace" => {
                let (aux, tick) = (number(2), self.tick(words[3]));
                self.event(Event { aux, tick, ..on(Kind::Replace, number(1), number(4)) });
            }
            "print" => {
                let event = sided(self, Kind::Print);
                self.event(Event { flags: event.flags | flag::HIDDEN, ..event });
            }
            "level" => self.event(sided(self, Kind::Level)),
            "bbo" => self.event(sided(self, Kind::Bbo)),
            "trade" => self.event(sided(self, Kind::Trade)),
            "clear" => self.event(on(Kind::Clear, 0, 0)),
            "new" => self.ask(words[1], Op::New, &words[2..]),
            "chg" => self.ask(words[1], Op::Amend, &words[2..]),
            "cxl" => self.ask(words[1], Op::Cancel, &[]),
            "wait" => self.ts += i64::from(number(1)),
            "ahead" => {
                let slot = self.orders.iter().position(|(name, _)| name == words[1]).unwrap();
                let ahead = self.venue.ahead(self.orders[slot].1, OrderRef::new(0, slot as u32));
                self.said.push(format!("{} ahead {ahead}", words[1]));
            }
            "jumped" => self.said.push(format!("jumped {}", self.venue.jumped())),
            "resting" => self.said.push(format!("resting {}", self.venue.resting())),
            other => panic!("a verb, got {other}"),
        }
    }
}

/// What is said at the phrases of a script, `;` or a line end between them.
pub fn told<V: Staged>(config: OwnConfig, level: u8, script: &str) -> Vec<String> {
    let run = |mirrored, by_run| {
        let mut stage = Stage::<V> {
            venue: V::made(config, level),
            mirrored,
            by_run,
            ts: 1_000,
            number: 0,
            orders: Vec::new(),
            said: Vec::new(),
        };
        for phrase in script.split([';', '\n']).map(str::trim).filter(|phrase| !phrase.is_empty()) {
            stage.step(phrase);
        }
        stage.said
    };
    let said = run(false, false);
    for (mirrored, by_run) in [(false, true), (true, false), (true, true)] {
        assert_eq!(run(mirrored, by_run), said, "mirrored {mirrored}, by run {by_run}: {script}");
    }
    said
}

/// Check a script against what must be said, phrases again.
pub fn check<V: Staged>(config: OwnConfig, level: u8, script: &str, expected: &str) {
    let expected: Vec<&str> =
        expected.split([';', '\n']).map(str::trim).filter(|phrase| !phrase.is_empty()).collect();
    assert_eq!(told::<V>(config, level, script), expected, "{script}");
}
