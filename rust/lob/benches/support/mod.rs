//! A ring of reports, and history by slot made from a run of the matcher.

mod watch;

use std::collections::HashMap;
use std::hint::black_box;

use quantrl_lob::{Book, Config, Direct, Kind, Ladder, Matcher, Report, ReportSink, Side, Slot, VecLadder};

use crate::common::{Op, apply};
pub use watch::Watch;

const RING: usize = 4_096;

/// The last 4,096 reports.
pub struct Ring {
    slots: Box<[Option<Report>; RING]>,
    next: usize,
}

impl Default for Ring {
    fn default() -> Self {
        Self { slots: vec![None; RING].into_boxed_slice().try_into().expect("as long as made"), next: 0 }
    }
}

impl ReportSink for Ring {
    #[inline]
    fn push(&mut self, report: Report) {
        self.slots[self.next % RING] = Some(report);
        self.next += 1;
    }
}

/// A record of 24 bytes: what an event file holds that the book needs.
#[derive(Clone, Copy)]
pub enum Event {
    Add { slot: Slot, side: Side, tick: i32, qty: u32 },
    Delete { slot: Slot },
    Amend { slot: Slot, tick: i32, qty: u32 },
    Exec { slot: Slot, qty: u32 },
}

/// Apply all events.
pub fn replay<L: Ladder<u32>>(book: &mut Book<L>, events: &[Event]) {
    for event in events {
        let done = match *event {
            Event::Add { slot, side, tick, qty } => book.add(slot, slot.into(), side, tick, qty),
            Event::Delete { slot } => book.delete(slot).map(drop),
            Event::Amend { slot, tick, qty } => book.amend(slot, tick, qty, false).map(drop),
            Event::Exec { slot, qty } => book.exec(slot, qty).map(drop),
        };
        black_box(done.is_ok());
    }
}

/// The history that the messages make, slots handed out last freed first; and the number of slots.
pub fn record(ops: &[Op], config: Config) -> (Vec<Event>, u32) {
    let mut engine: Matcher<VecLadder<u32>, Direct> = Matcher::new(config);
    let (mut events, mut reports) = (Vec::new(), Vec::new());
    let (mut live, mut free, mut slots) = (HashMap::<u64, (Slot, u32)>::new(), Vec::new(), 0);
    for op in ops {
        reports.clear();
        apply(&mut engine, op, &mut reports);
        let mut entered: Option<Report> = None;
        for report in &reports {
            match report.kind {
                Kind::OrderAck | Kind::ModifyAck => entered = Some(*report),
                Kind::Trade => {
                    let (slot, left) = live[&report.maker];
                    events.push(Event::Exec { slot, qty: report.qty });
                    live.insert(report.maker, (slot, left - report.qty));
                    if left == report.qty {
                        live.remove(&report.maker);
                        free.push(slot);
                    }
                    entered.as_mut().expect("an aggressor").qty -= report.qty;
                }
                Kind::CancelAck => match live.remove(&report.id) {
                    Some((slot, _)) => {
                        events.push(Event::Delete { slot });
                        free.push(slot);
                    }
                    None => entered = None,
                },
                _ => {}
            }
        }
        let Some(order) = entered else { continue };
        let (tick, qty) = (order.price as i32, order.qty);
        match live.get(&order.id).copied() {
            Some((slot, _)) if qty == 0 => {
                events.push(Event::Delete { slot });
                live.remove(&order.id);
                free.push(slot);
            }
            Some((slot, _)) => {
                events.push(Event::Amend { slot, tick, qty });
                live.insert(order.id, (slot, qty));
            }
            None if qty > 0 => {
                let slot = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
                events.push(Event::Add { slot, side: order.side, tick, qty });
                live.insert(order.id, (slot, qty));
            }
            None => {}
        }
    }
    (events, slots)
}
