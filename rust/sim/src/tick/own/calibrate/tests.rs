use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::{Books, Decimal, EventFile, Instrument, Replay, Target};
use quantrl_lob::Side;
use quantrl_rng::Key;

use super::*;
use crate::tick::own::{SHARES, SIZES};
use crate::tick::{NEVER, Venue};

/// Orders of 3 lots that are cancelled at one rate, wherever they stand.
fn file(messages: u64) -> EventFile {
    let mut zi = Zi::new(Key { seed: 5, stream: 1 }, 0, [1.0, 0.6, 0.03], 3, 10).unwrap();
    let instrument = Instrument::new("X", Decimal::ONE, Decimal::ONE);
    let span = Span { start: 0, messages };
    let opening = Opening { orders: 20, lots: 3, ..Opening::default() };
    simulate(&mut zi, instrument, opening, span, Target::Memory, &Options::default()).unwrap().open().unwrap()
}

fn panel(file: &EventFile, every: i64, models: &[QueueModel]) -> Panel {
    let books = Replay::new(file).books().clone();
    Panel::new(books, file, 0, Times { from: 0, every, life: HORIZONS[2] }, models).unwrap()
}

#[test]
fn derived_sums_are_those_of_the_orders() {
    let file = file(20_000);
    let mut panel = panel(&file, HORIZONS[0], &[QueueModel::Power(1.0)]);
    for event in file.iter() {
        panel.reach(event.ts_exch, &mut |_| {});
        panel.apply(&event).unwrap();
        let Books::Levels(levels) = panel.models[0].books() else { unreachable!() };
        for side in Side::BOTH {
            let orders: Vec<_> = panel.book().depth(side).map(|level| (level.tick, level.qty)).collect();
            assert_eq!(levels[0].depth(side).collect::<Vec<_>>(), orders);
        }
    }
}

#[test]
fn a_witness_stands_where_the_ghost_stands() {
    let file = file(20_000);
    let mut panel = panel(&file, HORIZONS[0] / 4, &[]);
    let (mut vanished, mut compared) = (Vanished::new(), 0);
    for event in file.iter() {
        panel.reach(event.ts_exch, &mut |_| {});
        let (book, witnesses) = panel.witnesses();
        witness::see(book, &event, witnesses, &mut vanished);
        panel.apply(&event).unwrap();
        for live in panel.live.iter().filter(|live| live.filled[0] == NEVER) {
            let truth = panel.truth.ahead(0, live.witness.side, live.order);
            assert_eq!(Some(live.witness.ahead), truth);
            compared += 1;
        }
    }
    assert!(compared > 100_000 && vanished.total() > 1_000);
}

/// In this flow lots vanish wherever they lie: the chance is the share that lies behind, `power(1)`.
#[test]
fn the_law_of_the_flow_is_found() {
    let file = file(60_000);
    let found = calibrate(&file, 0, HORIZONS[0] / 4, &mut |_| true).unwrap();
    let (mut sum, mut cells) = (0.0f64, 0);
    for (size, row) in found.fitted.chances.iter().enumerate() {
        for (share, &chance) in row.iter().enumerate() {
            let middle = 1.0 - (share as f64 + 0.5) / SHARES as f64;
            let away = (f64::from(chance) / f64::from(u16::MAX) - middle).abs();
            sum += away;
            cells += usize::from(away > 0.0);
            assert!(away < 0.25, "size {size}, share {share}: {away}");
        }
    }
    assert!(sum / 64.0 < 0.06, "{sum}");
    assert!(cells == SIZES * SHARES && found.cancels > 10_000, "{cells}, {}", found.cancels);
    assert!(found.orders[0] > 200 && (0.1..0.9).contains(&found.filled[1]), "{found:?}");
    let brier = |name: &str| {
        found.scores.iter().find(|score| score.model.to_string().starts_with(name)).unwrap().mean()
    };
    let true_law = brier("power(1)");
    assert!(brier("fitted") <= true_law + 0.02, "{} {true_law}", brier("fitted"));
    assert!(true_law < brier("risk_averse") && true_law < brier("power3(3)"), "{found:?}");
    assert!(found.scores.is_sorted_by(|a, b| a.mean() <= b.mean()));
    assert_eq!(found.scores.len(), MODELS.len() + 1);
}

#[test]
fn what_is_refused() {
    let file = file(100);
    let message = |instr, every| calibrate(&file, instr, every, &mut |_| true).unwrap_err().to_string();
    assert!(message(1, 1).starts_with("instr: expected below 1"), "{}", message(1, 1));
    assert!(message(0, 0).starts_with("every: expected above 0"));
    assert_eq!(calibrate(&file, 0, HORIZONS[0], &mut |_| false), Err(Error::Stopped));
}
