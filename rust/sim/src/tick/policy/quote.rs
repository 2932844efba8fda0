//! One order a side, `offset` behind the touch, moved at fixed intervals.

use quantrl_lob::{OrderRef, Side};

use super::{NextWake, Policy};
use crate::tick::action::Actions;
use crate::tick::error::Error;
use crate::tick::orders::Status;
use crate::tick::view::LocalView;

/// The order of one side that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Current {
    None,
    /// Sent at the last wake: its reference comes with the next view, at this place.
    Sent(usize),
    Known(OrderRef),
}

/// Two-sided quotes in one instrument. A live order whose price is no longer `offset` from the local touch is cancelled and
/// a new one sent in the same wake; one that has not been answered is left alone.
#[derive(Clone, Debug)]
pub struct Quote {
    instr: u16,
    offset: i64,
    size: i64,
    refresh: i64,
    current: [Current; 2],
}

impl Quote {
    /// `offset` venue price steps behind the own side's touch, `size` lots, a look every `refresh` ns from the start on.
    ///
    /// # Errors
    /// A parameter out of range, by name.
    pub fn new(instr: u16, offset: i64, size: i64, refresh: i64) -> Result<Self, Error> {
        if !(0..=1 << 31).contains(&offset) {
            return Err(Error::config("offset", "0 to 2^31 price steps", offset));
        }
        if !(1..=i64::from(u32::MAX)).contains(&size) {
            return Err(Error::config("size", "1 to 4294967295 lots", size));
        }
        if refresh <= 0 {
            return Err(Error::config("refresh", "above 0 ns", refresh));
        }
        Ok(Self { instr, offset, size, refresh, current: [Current::None; 2] })
    }

    fn target(&self, view: &LocalView<'_>, side: Side) -> Option<i64> {
        let instrument = &view.plan.file().instruments()[usize::from(self.instr)];
        let (best, _) = view.best(self.instr, side)?;
        let away = self.offset * i64::from(instrument.step);
        let ticks = if side == Side::Buy { best - away } else { best + away };
        // Beyond what the file's ticks hold there is nothing to quote.
        i32::try_from(ticks - instrument.base_tick).is_ok().then_some(ticks)
    }

    fn side(&mut self, view: &LocalView<'_>, side: Side, opened: &mut usize, out: &mut Actions) {
        let current = &mut self.current[side as usize];
        if let Current::Sent(place) = *current {
            *current = view.opened.get(place).map_or(Current::None, |&order| Current::Known(order));
        }
        let own = match *current {
            Current::Known(order) => view.orders.live(order),
            _ => None,
        };
        let target = self.target(view, side);
        match own.map(|own| (own.status, own.order, view.plan.worth(self.instr).ticks(own.tick))) {
            None => self.current[side as usize] = Current::None,
            Some((Status::Working, order, ticks)) if target != Some(ticks) => out.cancel(order),
            Some(_) => return,
        }
        if let Some(ticks) = target {
            out.limit(self.instr, side, ticks, self.size, true);
            self.current[side as usize] = Current::Sent(*opened);
            *opened += 1;
        }
    }
}

impl Policy for Quote {
    fn first(&mut self, start: i64) -> NextWake {
        NextWake::at(start.saturating_add(self.refresh))
    }

    fn wake(&mut self, view: &LocalView<'_>, out: &mut Actions) -> NextWake {
        let mut opened = 0;
        for side in Side::BOTH {
            self.side(view, side, &mut opened, out);
        }
        NextWake::at(view.now.saturating_add(self.refresh))
    }
}
