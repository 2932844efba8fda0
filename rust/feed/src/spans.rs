use quantrl_lob::Side;

use crate::books::Books;
use crate::quality::Quality;

/// How the best bid stands to the best ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stand {
    #[default]
    Apart,
    Locked,
    Crossed,
}

/// Crossed and locked spans of each instrument, judged at the end of a group.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    since: Vec<(Stand, i64)>,
}

impl Spans {
    /// Judge `instr` at `ts`.
    #[inline]
    pub fn judge(&mut self, books: &Books, instr: usize, ts: i64, quality: &mut Quality) {
        let stand = match (books.best(instr, Side::Buy), books.best(instr, Side::Sell)) {
            (Some((bid, _)), Some((ask, _))) if bid > ask => Stand::Crossed,
            (Some((bid, _)), Some((ask, _))) if bid == ask => Stand::Locked,
            _ => Stand::Apart,
        };
        if self.since.len() <= instr {
            self.since.resize(instr + 1, (Stand::Apart, ts));
        }
        if self.since[instr].0 != stand {
            self.turn(instr, stand, ts, quality);
        }
    }

    /// Close every span at `ts`.
    pub fn close(&mut self, ts: i64, quality: &mut Quality) {
        for instr in 0..self.since.len() {
            self.turn(instr, Stand::Apart, ts, quality);
        }
    }

    #[cold]
    fn turn(&mut self, instr: usize, stand: Stand, ts: i64, quality: &mut Quality) {
        let (before, since) = std::mem::replace(&mut self.since[instr], (stand, ts));
        let ns = ts.saturating_sub(since).max(0).cast_unsigned();
        match before {
            Stand::Crossed => quality.crossed_ns += ns,
            Stand::Locked => quality.locked_ns += ns,
            Stand::Apart => {}
        }
        match stand {
            Stand::Crossed => quality.crossed_spans += 1,
            Stand::Locked => quality.locked_spans += 1,
            Stand::Apart => {}
        }
    }
}
