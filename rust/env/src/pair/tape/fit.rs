//! Whether settings and a tape go together.

use crate::Error;
use crate::pair::config::{Mode, Settings, Venue};

/// Whether there is a tape where one is needed, long enough and fine enough for what is traded on it.
///
/// # Errors
/// No tape on replay or one elsewhere; a part too short for a training episode; lots that round to 0; money that does not fit;
/// where orders are worked, a damaged file.
pub fn check(settings: &Settings) -> Result<(), Error> {
    let Some(stage) = &settings.stage else {
        return match settings.venue {
            Venue::Replay => Err(Error::Config("venue: replay needs a tape".into())),
            _ => Ok(()),
        };
    };
    if settings.venue != Venue::Replay {
        return Err(Error::Config("tape: expected none but on replay".into()));
    }
    let (longest, needed) = (stage.longest(), settings.episode_len);
    if settings.mode == Mode::Train && longest < needed {
        let warm_up = stage.tape.warm_up;
        return Err(Error::Data(format!(
            "tape: expected a session with {needed} decisions after a warm-up of {warm_up}, found {longest}"
        )));
    }
    let money = &stage.tape.money;
    let notional = libm::round(settings.notional) / money.quantum;
    for leg in 0..2 {
        let ratio = if leg == 0 { 1.0 } else { settings.beta };
        let dearest = stage.tape.rows.iter().map(|row| row.quotes[leg].mid2()).max().unwrap_or(1);
        if ratio * notional < 0.25 * dearest as f64 {
            let lot = 0.5 * money.quantum * dearest as f64;
            let got = settings.notional;
            return Err(Error::Config(format!(
                "notional: lots of leg {} round to 0; one lot is worth {lot}, got {got}",
                leg + 1
            )));
        }
    }
    // Money is counted in 64 bits: a whole turn of both legs at each decision must not reach half of them.
    let turns = 16.0 * notional * (1.0 + settings.beta) * needed.min(longest) as f64;
    if turns > i64::MAX as f64 / 2.0 {
        return Err(Error::Config(format!(
            "notional: {} in units of {} over {longest} decisions does not fit 64 bits",
            settings.notional, money.quantum
        )));
    }
    match settings.work {
        Some(_) => stage.tape.marks.check(&stage.tape.sources),
        None => Ok(()),
    }
}
