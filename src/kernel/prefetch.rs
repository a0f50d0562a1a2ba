use prefetch_index::prefetch_index;

/// Asks the processor to bring the line that `place` begins in: it is needed soon. Without waiting for it, and without any
/// effect but on time.
#[inline(always)]
pub fn prefetch<T>(place: &T) {
    prefetch_index(std::slice::from_ref(place), 0);
}

/// The same for the place at `index` among `places`, without a look at any of them. There need not be one.
#[inline(always)]
pub fn prefetch_at<T>(places: &[T], index: usize) {
    prefetch_index(places, index);
}
