use serde_json::json;

use crate::books::Books;
use crate::checkpoint;
use crate::error::{Error, Place};
use crate::event::{Event, RECV_UNKNOWN};
use crate::file::{EventFile, Header, RecvOffset, Target, UNKNOWN, Writer, WriterOptions};
use crate::progress::Told;

/// Join files of one level into one, by (exchange time, instrument, source). Each file's instruments follow those of
/// the files before it, and its events keep their order. The header, and the bytes where the target is memory.
///
/// # Errors
/// Files of different levels, more than 65,536 instruments, a damaged file, told to stop, or what the system says.
pub fn merge(
    files: &[&EventFile],
    target: Target<'_>,
    checkpoint_every: u32,
) -> Result<(Header, Vec<u8>), Error> {
    let level = files.first().map_or(0, |file| file.header().level);
    if let Some(other) = files.iter().find(|file| file.header().level != level) {
        return Err(Error::config("files", format_args!("level {level} as the first"), other.header().level));
    }
    let instruments: Vec<_> = files.iter().flat_map(|file| file.instruments()).cloned().collect();
    if level == 0 || instruments.len() > 1 << 16 {
        return Err(Error::config("files", "1 or more with at most 65536 instruments", instruments.len()));
    }
    let slots: Vec<u32> = instruments.iter().map(|instrument| instrument.max_live).collect();
    let mut books = Books::new(level, &slots);
    let keep_ids = files.iter().all(|file| file.is_empty() || file.id(0).is_some());
    let options = WriterOptions {
        level,
        checkpoint_every,
        keep_ids,
        recv_offset: RecvOffset::Nanos(0),
        ..WriterOptions::default()
    };
    let mut writer = Writer::create(target, options)?;
    let mut scratch = Vec::new();
    let mut cursors = cursors(files);
    let mut told = Told::new();
    // Few sources: the smallest head by a walk.
    while let Some(cursor) = cursors.iter_mut().filter(|c| c.head.is_some()).min_by_key(|c| c.key()) {
        let Some(event) = cursor.head else { break };
        told.step()?;
        let latency = match event.recv {
            RECV_UNKNOWN => UNKNOWN,
            recv => i64::from(recv) * i64::from(cursor.file.header().recv_unit_ns),
        };
        if let Err(fault) = books.apply(&event) {
            let place = Place::Event(cursor.at);
            let name = cursor.file.name();
            return Err(Error::data(place, "slot", "an event the book takes", fault).in_file(name));
        }
        writer.push(&event, latency, cursor.file.id(cursor.at).unwrap_or(0))?;
        if writer.checkpoint_due() {
            checkpoint::saved(&books, &mut scratch);
            writer.checkpoint(&scratch)?;
        }
        cursor.advance();
    }
    let quality = json!({"sources": files.iter().map(|file| file.quality()).collect::<Vec<_>>()});
    let provenance = json!({
        "format": "merge",
        "sources": files.iter().map(|file| file.provenance()).collect::<Vec<_>>(),
    });
    writer.finish(&instruments, &quality, &provenance)
}

struct Cursor<'a> {
    file: &'a EventFile,
    source: usize,
    first_instr: usize,
    at: u64,
    head: Option<Event>,
}

impl Cursor<'_> {
    fn key(&self) -> (i64, u16, usize) {
        self.head.map_or((i64::MAX, u16::MAX, usize::MAX), |e| (e.ts_exch, e.instr, self.source))
    }

    fn read(&mut self) {
        let first = self.first_instr;
        self.head = self.file.get(self.at).map(|event| {
            let instr = (first + usize::from(event.instr)) as u16;
            Event { instr, ..event }
        });
    }

    fn advance(&mut self) {
        self.at += 1;
        self.read();
    }
}

fn cursors<'a>(files: &[&'a EventFile]) -> Vec<Cursor<'a>> {
    let mut first_instr = 0;
    files
        .iter()
        .enumerate()
        .map(|(source, file)| {
            let mut cursor = Cursor { file, source, first_instr, at: 0, head: None };
            cursor.read();
            first_instr += file.instruments().len();
            cursor
        })
        .collect()
}
