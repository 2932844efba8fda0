use quantrl_feed::Books;
use quantrl_lob::Side;

use crate::tick::view::LocalView;

/// An account as a row of `Outputs::account`.
pub(super) fn write_account(view: &LocalView<'_>, instr: u16, row: &mut [i64]) {
    let account = &view.accounts[usize::from(instr)];
    let held = |v: i128| v.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    row.copy_from_slice(&[
        view.now,
        account.position,
        held(account.cash),
        held(account.fee),
        held(account.turnover),
        account.volume.cast_signed(),
        account.trades.cast_signed(),
        view.orders.live_count(instr) as i64,
    ]);
}

/// Levels of a side, best first: ticks, lots.
pub(super) fn write_depth(view: &LocalView<'_>, instr: u16, side: Side, out: &mut [i64]) {
    let (at, worth) = (usize::from(instr), view.plan.worth(instr));
    let mut pairs = out.chunks_exact_mut(2);
    let mut write = |(tick, lots): (i32, u64)| {
        let pair = pairs.next()?;
        pair.copy_from_slice(&[worth.ticks(tick), i64::try_from(lots).unwrap_or(i64::MAX)]);
        Some(())
    };
    match view.books {
        Books::Orders(books) => {
            books[at].depth(side).map_while(|level| write((level.tick, level.qty))).for_each(drop);
        }
        Books::Levels(books) | Books::Best(books) => {
            books[at].depth(side).map_while(write).for_each(drop);
        }
    }
    pairs.for_each(|pair| pair.fill(0));
}
