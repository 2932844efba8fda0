use super::{Hash, IdIndex};
use crate::types::{NIL, Slot};

/// Ids on a page.
const PAGE: usize = 8_192;
/// Pages in the directory; ids beyond it go into a hash table.
const PAGES: u64 = 1 << 20;

/// Pages of 8,192 ids that are given back once no id on them is live: for ids that grow without end.
#[derive(Clone, Debug, Default)]
pub struct Paged {
    directory: Vec<u32>,
    pages: Vec<Page>,
    spare: Vec<u32>,
    large: Hash,
}

#[derive(Clone, Debug)]
struct Page {
    live: u32,
    slots: Box<[Slot]>,
}

impl Page {
    fn empty() -> Self {
        Self { live: 0, slots: vec![NIL; PAGE].into_boxed_slice() }
    }
}

impl Paged {
    #[inline]
    fn page(&self, id: u64) -> u32 {
        self.directory.get((id / PAGE as u64) as usize).copied().unwrap_or(NIL)
    }

    fn open(&mut self, number: usize) -> u32 {
        if number >= self.directory.len() {
            self.directory.resize((number + 1).next_power_of_two(), NIL);
        }
        let page = self.spare.pop().unwrap_or_else(|| {
            self.pages.push(Page::empty());
            (self.pages.len() - 1) as u32
        });
        self.directory[number] = page;
        page
    }
}

impl IdIndex for Paged {
    #[inline]
    fn get(&self, id: u64) -> Slot {
        if id / PAGE as u64 >= PAGES {
            return self.large.get(id);
        }
        match self.page(id) {
            NIL => NIL,
            page => self.pages[page as usize].slots[id as usize % PAGE],
        }
    }

    #[inline]
    fn insert(&mut self, id: u64, slot: Slot) {
        if id / PAGE as u64 >= PAGES {
            return self.large.insert(id, slot);
        }
        let page = match self.page(id) {
            NIL => self.open((id / PAGE as u64) as usize),
            page => page,
        };
        let page = &mut self.pages[page as usize];
        page.live += 1;
        page.slots[id as usize % PAGE] = slot;
    }

    #[inline]
    fn remove(&mut self, id: u64) {
        let number = id / PAGE as u64;
        if number >= PAGES {
            return self.large.remove(id);
        }
        let place = self.directory[number as usize];
        let page = &mut self.pages[place as usize];
        page.slots[id as usize % PAGE] = NIL;
        page.live -= 1;
        if page.live == 0 {
            self.directory[number as usize] = NIL;
            self.spare.push(place);
        }
    }

    fn reserve(&mut self, ids: u64, live: usize) {
        let pages = ids.div_ceil(PAGE as u64).min(PAGES) as usize;
        if pages > self.directory.len() {
            self.directory.resize(pages, NIL);
        }
        self.spare.reserve(pages.saturating_sub(self.spare.len()));
        for page in self.pages.len()..pages {
            self.pages.push(Page::empty());
            self.spare.push(page as u32);
        }
        self.large.reserve(ids, live);
    }

    fn clear(&mut self) {
        self.directory.fill(NIL);
        self.spare.clear();
        for (number, page) in self.pages.iter_mut().enumerate() {
            page.live = 0;
            page.slots.fill(NIL);
            self.spare.push(number as u32);
        }
        self.large.clear();
    }
}
