//! Block O: the own position.

use crate::pair::features::clipped;
use crate::pair::layout::OWN_FULL;
use crate::pair::trader::Trader;
use crate::pair::world::Scale;

/// Position, its size, target in flight, leg imbalance, unrealised P&L in U; in `full` also ln(1 + age) / 10, the shares
/// of the queues ahead and the age of passive orders over their time, which are 0 while nothing rests in a book.
pub fn write(trader: &Trader, scale: &Scale, out: &mut [f32]) {
    let account = &trader.account;
    let position = account.position();
    let [ahead_1, ahead_2, age] = trader.broker.shown;
    let in_flight = if account.is_legged() { account.target - position } else { 0.0 };
    let shown = [
        position,
        position.abs(),
        in_flight,
        account.imbalance(),
        scale.in_units(trader.unrealised()),
        0.1 * libm::log1p(account.age as f64),
        ahead_1,
        ahead_2,
        age,
    ];
    const { assert!(OWN_FULL == 9) };
    out.iter_mut().zip(shown).for_each(|(out, value)| *out = clipped(value));
}
