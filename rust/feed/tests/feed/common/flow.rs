//! Random flows of orders as columns.
#![allow(dead_code)]

use quantrl_feed::convert::Options;
use quantrl_feed::convert::columns::{Columns, convert};
use quantrl_feed::{Decimal, EventFile, Instrument, Kind, OpenOptions, Target, flag};

use super::{Folder, Lcg};

pub fn instrument(symbol: &str) -> Instrument {
    Instrument::new(symbol, Decimal::parse("tick_size", "0.01").unwrap(), Decimal::ONE)
}

/// A random flow of orders as columns.
#[derive(Default)]
pub struct Flow {
    pub ts: Vec<i64>,
    pub received: Vec<i64>,
    pub kind: Vec<u8>,
    pub flags: Vec<u8>,
    pub instr: Vec<u16>,
    pub order: Vec<u64>,
    pub new_order: Vec<u64>,
    pub tick: Vec<i64>,
    pub qty: Vec<u64>,
}

impl Flow {
    pub fn random(n: usize, instruments: u64, seed: u64) -> Self {
        let mut random = Lcg(seed);
        let mut flow = Self::default();
        let mut live: Vec<(u64, u16)> = Vec::new();
        for i in 0..n as u64 {
            let draw = if live.is_empty() { 0 } else { random.below(9) };
            let at = random.below(live.len().max(1) as u64) as usize;
            let instr = if draw < 4 { random.below(instruments) as u16 } else { live[at].1 };
            let id = if draw < 4 { i + 1 } else { live[at].0 };
            let kind = match draw {
                0..4 => Kind::Add,
                4 => Kind::Delete,
                5 => Kind::Amend,
                6 => Kind::Replace,
                _ => Kind::Exec,
            };
            match kind {
                Kind::Add => live.push((id, instr)),
                Kind::Replace => live[at].0 = i + 1,
                Kind::Amend => {}
                _ => drop(live.swap_remove(at)),
            }
            flow.ts.push(1_000 * (i / 3) as i64);
            flow.received.push(1_000 * (i / 3) as i64 + random.below(5_000) as i64);
            flow.kind.push(kind as u8);
            flow.flags.push(flag::SIDE_KNOWN | (id & 1) as u8);
            flow.instr.push(instr);
            flow.order.push(id);
            flow.new_order.push(i + 1);
            let side = if id & 1 == 1 { 1 } else { -1 };
            flow.tick.push(10_000 + side * (1 + random.below(40) as i64));
            flow.qty.push(1 + random.below(50));
        }
        // Whole fills: whatever the order has left.
        for i in 0..flow.kind.len() {
            if flow.kind[i] == Kind::Exec as u8 {
                flow.qty[i] = u64::from(u32::MAX);
            }
        }
        flow
    }

    pub fn columns(&self) -> Columns<'_> {
        Columns {
            ts: &self.ts,
            received: Some(&self.received),
            kind: &self.kind,
            flags: &self.flags,
            instr: Some(&self.instr),
            order: Some(&self.order),
            new_order: Some(&self.new_order),
            tick: &self.tick,
            qty: &self.qty,
        }
    }
}

pub fn options() -> Options {
    Options { checkpoint_every: 1 << 10, keep_ids: true, max_fault_share: 1.0, ..Options::default() }
}

pub fn written(flow: &Flow, folder: &Folder, name: &str, symbols: &[&str]) -> EventFile {
    let path = folder.file(name);
    let instruments: Vec<_> = symbols.iter().map(|s| instrument(s)).collect();
    convert(&flow.columns(), 3, &instruments, Target::File(&path), &options()).unwrap();
    EventFile::open(&path, OpenOptions::default()).unwrap()
}
