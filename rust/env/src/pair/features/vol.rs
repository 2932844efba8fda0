//! Block V: how much the legs and the spread move.

use crate::pair::features::clipped;
use crate::pair::features::history::History;

/// Last return of each leg over its deviation; ln of the short over the long realised volatility of leg 1, leg 2, spread.
pub fn write(history: &History, out: &mut [f32]) {
    for (out, column) in out[..2].iter_mut().zip([1, 2]) {
        let sd = history.moves[column][1].sd();
        *out = if sd > 0.0 { clipped(history.changes[column].back(0) / sd) } else { 0.0 };
    }
    for (out, column) in out[2..5].iter_mut().zip([1, 2, 0]) {
        let [short, long] = history.moves[column].map(|window| window.rms());
        *out = if short > 0.0 && long > 0.0 { clipped(libm::log(short / long)) } else { 0.0 };
    }
}
