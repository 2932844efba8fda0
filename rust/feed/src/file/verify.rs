//! What a file must keep to beyond its header.

use sha2::{Digest, Sha256};

use super::header::{Header, Section};
use super::receive::received;
use super::{EventFile, hex};
use crate::error::{Error, Place};
use crate::event::{Event, Kind};
use crate::progress::Told;

/// Bytes hashed between two looks at who watches.
const PIECE: usize = 1 << 22;

impl EventFile {
    /// Check the hash and every event. Whoever watches the thread may stop it.
    pub(super) fn verify(&self) -> Result<(), Error> {
        let mut told = Told::new();
        let mut hash = Sha256::new();
        hash.update(&self.bytes[..Header::HASH_AT]);
        hash.update([0; 32]);
        for piece in self.bytes[Header::HASH_AT + 32..].chunks(PIECE) {
            hash.update(piece);
            told.look()?;
        }
        if hash.finalize()[..] != self.header.sha256 {
            return Err(Error::data(Place::File, "sha256", hex(&self.header.sha256), "another hash"));
        }
        let mut last = self.header.first_ts;
        for (event, at) in self.iter().zip(0..) {
            told.step()?;
            self.check_event(&event, at)?;
            if event.ts_exch < last {
                return Err(Error::data(
                    Place::Event(at),
                    "ts_exch",
                    format_args!("at least {last}"),
                    event.ts_exch,
                ));
            }
            last = event.ts_exch;
        }
        let first = self.get(0).map_or(0, |event| event.ts_exch);
        if (first, last) != (self.header.first_ts, self.header.last_ts) {
            return Err(Error::data(
                Place::File,
                "first and last ts",
                format_args!("{first}, {last}"),
                format_args!("{}, {}", self.header.first_ts, self.header.last_ts),
            ));
        }
        self.check_receive_order(&mut told)
    }

    pub(super) fn check_event(&self, event: &Event, at: u64) -> Result<(), Error> {
        let bad = |field, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
            Err(Error::data(Place::Event(at), field, expected, got))
        };
        let Some(kind) = Kind::of(event.kind) else {
            return bad("kind", &"1 to 16", &event.kind);
        };
        let Some(instrument) = self.instruments.get(usize::from(event.instr)) else {
            return bad("instr", &format_args!("below {}", self.instruments.len()), &event.instr);
        };
        // Orders only at level 3, level sums only below, best levels alone only at level 1.
        let fits = match kind {
            Kind::Level => self.header.level == 2,
            Kind::Bbo => self.header.level < 3,
            _ => self.header.level == 3 || !kind.has_slot(),
        };
        if !fits {
            return bad("kind", &format_args!("one of level {}", self.header.level), &kind.name());
        }
        if kind.has_slot() && event.slot >= instrument.max_live {
            return bad("slot", &format_args!("below {}", instrument.max_live), &event.slot);
        }
        if kind == Kind::Replace && event.aux >= instrument.max_live {
            return bad("aux", &format_args!("below {}", instrument.max_live), &event.aux);
        }
        Ok(())
    }

    /// Every event once, receive times not going back.
    fn check_receive_order(&self, told: &mut Told) -> Result<(), Error> {
        let mut seen = vec![false; self.part(Section::ReceiveOrder).len() / 4];
        let mut last = i64::MIN;
        for i in 0..seen.len() {
            told.step()?;
            let at = self.received_at(i as u64);
            let place = seen.get_mut(at as usize).filter(|seen| !**seen);
            let time =
                self.get(at).map(|event| received(event.ts_exch, event.recv, self.header.recv_unit_ns));
            match (place, time) {
                (Some(place), Some(time)) if time >= last => (*place, last) = (true, time),
                _ => {
                    let rule = "every event once by receive time";
                    return Err(Error::data(Place::Event(i as u64), "receive order", rule, at));
                }
            }
        }
        Ok(())
    }
}
