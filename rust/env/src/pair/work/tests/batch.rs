use super::*;
use crate::Error;
use crate::pair::tape::Stage;
use crate::pair::{N_TOTALS, Outputs, PairBatch};

/// Two environments on these files, which show no single z of a known world.
fn batch(files: [Arc<EventFile>; 2], work: Option<Work>) -> Result<PairBatch, Error> {
    let timing = Timing { dt_ns: 1_000 * MS, feed_ns: None, gap_ns: 10_000_000 * MS };
    let mut settings = Settings { z: ZKind::Rolling, work, ..settings() };
    if work.is_none() {
        (settings.layout.styles, settings.layout.actions) = (1, 3);
    }
    let tape = Tape::new(files.map(|file| Source { file, instr: 0 }), &timing, &settings)?;
    settings.stage = Some(Arc::new(Stage::new(Arc::new(tape), (0.0, 1.0))?));
    PairBatch::new(settings, 2, 1, 0, 1, [0; 32])
}

/// Orders of a leg, one a price, and many that come and go; in the middle books that are saved as `saved`.
fn orders(saved: impl Fn(&quantrl_feed::Books, &mut Vec<u8>)) -> Arc<EventFile> {
    let options = WriterOptions { level: 3, checkpoint_every: 1 << 10, ..WriterOptions::default() };
    let mut writer = Writer::create(Target::Memory, options).unwrap();
    let mut books = quantrl_feed::Books::new(3, &[16]);
    let mut bytes = Vec::new();
    let rest = (0..6).map(|slot| (Kind::Add, slot, slot % 2 == 1, [100, 102][slot as usize % 2]));
    let goes = (0..1_500).map(|nth| ([Kind::Add, Kind::Delete][nth % 2], 7, true, 110));
    for (nth, (kind, slot, sells, tick)) in (0..).zip(rest.chain(goes)) {
        if writer.checkpoint_due() {
            saved(&books, &mut bytes);
            writer.checkpoint(&bytes).unwrap();
        }
        let event = Event {
            ts_exch: T0 + nth * 500 * MS,
            slot,
            tick,
            qty: 50,
            kind: kind as u8,
            flags: if sells { flag::SELL } else { 0 } | flag::SIDE_KNOWN | flag::LAST,
            ..Event::default()
        };
        books.apply(&event).unwrap();
        writer.push(&event, 0, 0).unwrap();
    }
    let one = Decimal::parse("size", "1").unwrap();
    let instrument = Instrument { max_live: 16, ..Instrument::new("ONE", one, one) };
    let (_, bytes) = writer.finish(&[instrument], &json!({}), &json!({})).unwrap();
    Arc::new(EventFile::of_bytes("ONE".into(), Bytes::Read(bytes), true).unwrap())
}

#[test]
fn a_tape_whose_saved_books_are_others_is_refused_where_orders_are_worked() {
    let two = || file("TWO", (200, 204), &[]);
    let sound = || orders(quantrl_feed::checkpoint::saved);
    assert!(batch([sound(), two()], Some(WORK)).is_ok());
    // Nobody rests.
    let other = || orders(|_, out| out.clear());
    assert!(batch([other(), two()], None).is_ok());
    match batch([other(), two()], Some(WORK)) {
        Err(Error::Data(said)) => assert!(said.contains("checkpoint") && said.contains("ONE"), "{said}"),
        Err(said) => panic!("{said}"),
        Ok(_) => panic!("taken"),
    }
}

#[test]
fn counterfactual_actions_are_refused_where_orders_rest() {
    let files = [file("ONE", (100, 102), &[]), file("TWO", (200, 204), &[])];
    let mut batch = batch(files, Some(WORK)).unwrap();
    let (n, layout) = (batch.n(), batch.settings().layout);
    let mut obs = vec![0.0; n * layout.size()];
    batch.reset_into(None, None, &mut obs);
    let before = batch.state_bytes();
    let (mut last_obs, mut rewards, mut finished) = (obs.clone(), vec![0.0; n], vec![0; n]);
    let (mut terminated, mut truncated, mut totals) = (vec![0; n], vec![0; n], vec![0.0; N_TOTALS * n]);
    let mut all = (vec![0.0; n * layout.actions], vec![0.0; n * layout.actions * layout.own()]);
    let mut step = |all| {
        let out = Outputs {
            obs: &mut obs,
            rewards: &mut rewards,
            terminated: &mut terminated,
            truncated: &mut truncated,
            finished: &mut finished,
            last_obs: &mut last_obs,
            totals: &mut totals,
            all,
        };
        batch.step_into(&[5, 2], None, out).map(|_| batch.state_bytes())
    };
    let refused = step(Some((&mut all.0, &mut all.1)));
    assert!(matches!(&refused, Err(Error::Config(said)) if said.contains("styles")), "{refused:?}");
    let after = step(None).unwrap();
    assert_ne!(after, before);
    // The state with orders in it is taken up again as it is.
    let again = |bytes: &[u8]| -> Vec<u8> {
        let mut batch =
            self::batch([file("ONE", (100, 102), &[]), file("TWO", (200, 204), &[])], Some(WORK)).unwrap();
        batch.load_state_bytes(bytes).unwrap();
        batch.state_bytes()
    };
    assert_eq!(again(&after), after);
}
