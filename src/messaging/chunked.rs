use std::collections::VecDeque;

/// Elements of one chunk.
const CHUNK: usize = 4_096;

/// A queue of any length whose memory follows its length: it grows and shrinks by chunks, without copying.
#[derive(Clone, Debug)]
pub struct Chunked<T> {
    chunks: VecDeque<VecDeque<T>>,
    length: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Chunked<T> {
        Chunked {
            chunks: VecDeque::new(),
            length: 0,
        }
    }
}

impl<T> Chunked<T> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The first element.
    pub fn front(&self) -> Option<&T> {
        self.chunks.front().and_then(VecDeque::front)
    }

    /// The element with `index` others before it.
    pub fn get(&self, index: usize) -> Option<&T> {
        let first = self.chunks.front()?;
        match index.checked_sub(first.len()) {
            None => first.get(index),
            Some(beyond) => self.chunks.get(1 + beyond / CHUNK)?.get(beyond % CHUNK),
        }
    }

    /// Adds an element at the end.
    pub fn push_back(&mut self, element: T) {
        self.length += 1;
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push_back(element),
            first => {
                // A queue that holds little gets little; one that needs a second chunk will need all of it.
                let room = if first.is_none() { 0 } else { CHUNK };
                let mut chunk = VecDeque::with_capacity(room);
                chunk.push_back(element);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// Takes the first element.
    pub fn pop_front(&mut self) -> Option<T> {
        let chunk = self.chunks.front_mut()?;
        let element = chunk.pop_front();
        if chunk.is_empty() {
            self.chunks.pop_front();
        }
        self.length -= usize::from(element.is_some());
        element
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_out_in_the_order_in_which_they_went_in_across_chunks() {
        let mut queue = Chunked::default();
        (0..10_000).for_each(|number| queue.push_back(number));
        assert_eq!((queue.len(), queue.front()), (10_000, Some(&0)));
        assert_eq!((0..5).map(|_| queue.pop_front()).last(), Some(Some(4)));
        assert_eq!(
            [0, 4_090, 4_091, 9_994, 9_995].map(|index| queue.get(index).copied()),
            [5, 4_095, 4_096, 9_999, 0].map(|n| (n > 0).then_some(n))
        );
        (0..5).for_each(|_| queue.push_back(0));
        let mut queue = Chunked::default();
        (0..10_000).for_each(|number| queue.push_back(number));
        let all: Vec<i32> = std::iter::from_fn(|| queue.pop_front()).collect();
        assert_eq!(all, (0..10_000).collect::<Vec<_>>());
        assert_eq!((queue.len(), queue.pop_front()), (0, None));
    }
}
