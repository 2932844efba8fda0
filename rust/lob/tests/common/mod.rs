//! Messages as data, and generators of them, for tests and benches.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod flow;
pub mod oracle;
pub mod wild;

use quantrl_lob::{
    BTreeLadder, Cancel, Direct, Engine, Hash, IdIndex, Ladder, Matcher, Modify, Nanos, NewOrder, Paged,
    Report, ReportSink, VecLadder,
};

/// Any message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    New(NewOrder),
    Cancel(Cancel),
    Modify(Modify),
    Close { seq: u64, ts: Nanos },
    Advance { seq: u64, ts: Nanos },
}

impl Op {
    /// Number and time.
    pub fn stamp(&self) -> (u64, Nanos) {
        match *self {
            Op::New(order) => (order.seq, order.ts),
            Op::Cancel(cancel) => (cancel.seq, cancel.ts),
            Op::Modify(modify) => (modify.seq, modify.ts),
            Op::Close { seq, ts } | Op::Advance { seq, ts } => (seq, ts),
        }
    }
}

#[inline(always)]
pub fn apply<L: Ladder<u32>, I: IdIndex, S: ReportSink>(engine: &mut Matcher<L, I>, op: &Op, out: &mut S) {
    match op {
        Op::New(order) => engine.new_order(order, out),
        Op::Cancel(cancel) => engine.cancel(cancel, out),
        Op::Modify(modify) => engine.modify(modify, out),
        &Op::Close { seq, ts } => engine.close(seq, ts, out),
        &Op::Advance { seq, ts } => engine.advance(seq, ts, out),
    }
}

/// The six engine types, behind one call.
pub trait AnyEngine {
    fn apply(&mut self, op: &Op, out: &mut Vec<Report>);
    fn state_hash(&self) -> u64;
    fn validate(&self);
    fn orders(&self) -> usize;
}

impl<L: Ladder<u32>, I: IdIndex> AnyEngine for Matcher<L, I> {
    fn apply(&mut self, op: &Op, out: &mut Vec<Report>) {
        apply(self, op, out);
    }

    fn state_hash(&self) -> u64 {
        self.book().state_hash()
    }

    fn validate(&self) {
        self.validate().unwrap();
    }

    fn orders(&self) -> usize {
        self.book().order_count()
    }
}

pub fn engines(config: quantrl_lob::Config) -> Vec<Box<dyn AnyEngine>> {
    vec![
        Box::new(Matcher::<VecLadder<u32>, Direct>::new(config)),
        Box::new(Matcher::<VecLadder<u32>, Paged>::new(config)),
        Box::new(Matcher::<VecLadder<u32>, Hash>::new(config)),
        Box::new(Matcher::<BTreeLadder<u32>, Direct>::new(config)),
        Box::new(Matcher::<BTreeLadder<u32>, Paged>::new(config)),
        Box::new(Matcher::<BTreeLadder<u32>, Hash>::new(config)),
    ]
}

/// Whether the full counts are asked for.
pub fn gates() -> bool {
    std::env::var_os("QUANTRL_GATES").is_some_and(|value| value == "1")
}
