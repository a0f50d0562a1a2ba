use crate::kernel::prefetch_at;

/// Things put aside for a while, each at an index of its own. Indices are used again, the one that became free last first.
///
/// As the `slab` crate, but what is kept is moved out as it lies there, without a mark of whether it is there, so that it can be
/// asked for ahead ([`Shelf::prefetch`]): among a hundred thousand each stands somewhere else in memory.
#[derive(Clone, Debug)]
pub(super) struct Shelf<T> {
    places: Vec<T>,
    free: Vec<u32>,
}

impl<T: Copy> Shelf<T> {
    pub fn new() -> Shelf<T> {
        Shelf {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    #[inline]
    pub fn insert(&mut self, thing: T) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.places[index as usize] = thing;
                index
            }
            None => {
                self.places.push(thing);
                (self.places.len() - 1) as u32
            }
        }
    }

    /// Takes out what was inserted at `index`, once.
    #[inline]
    pub fn remove(&mut self, index: u32) -> T {
        self.free.push(index);
        self.places[index as usize]
    }

    /// What stands at `index` is taken out soon.
    #[inline]
    pub fn prefetch(&self, index: u32) {
        prefetch_at(&self.places, index as usize);
    }

    /// All that have not been taken out, by index.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let mut free = vec![false; self.places.len()];
        self.free.iter().for_each(|index| free[*index as usize] = true);
        self.places
            .iter()
            .zip(free)
            .filter_map(|(thing, free)| (!free).then_some(thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_is_there_until_it_is_taken_out_and_its_index_is_used_again() {
        let mut shelf = Shelf::new();
        assert_eq!(["a", "b", "c", "d"].map(|thing| shelf.insert(thing)), [0, 1, 2, 3]);
        assert_eq!([2, 0].map(|index| shelf.remove(index)), ["c", "a"]);
        assert_eq!(shelf.iter().copied().collect::<Vec<_>>(), ["b", "d"]);
        assert_eq!(["e", "f", "g"].map(|thing| shelf.insert(thing)), [0, 2, 4]);
        assert_eq!(shelf.iter().copied().collect::<Vec<_>>(), ["e", "b", "f", "d", "g"]);
    }
}
