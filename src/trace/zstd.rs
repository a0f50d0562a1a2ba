use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How much is decoded at a time.
const BLOCK_BYTES: usize = 128 * 1024;

/// A frame without content: magic number, single-segment descriptor, content size 0, last empty raw block.
const EMPTY_FRAME: [u8; 9] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00];

/// The content of all frames of a Zstandard file, one after the other; skippable frames are passed over.
pub(super) struct ZstdFrames<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    /// # Errors
    /// None in practice; the decoder's start-up can fail by its type.
    pub(super) fn new(source: R) -> io::Result<ZstdFrames<R>> {
        let mut decoder = FrameDecoder::new();
        // The decoder's limit on the window (100 MB) holds from the second frame on only, so this is the first.
        decoder.init(EMPTY_FRAME.as_slice()).map_err(io::Error::other)?;
        Ok(ZstdFrames {
            source,
            decoder,
            in_frame: false,
        })
    }

    /// Reads the next frame's header. `false` at the end of the file.
    fn enter_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut (&mut self.source).take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.in_frame && self.decoder.can_collect() > 0 {
                return self.decoder.read(target);
            }
            if self.in_frame && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBytes(BLOCK_BYTES))
                    .map_err(io::Error::other)?;
            } else if !self.enter_frame()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn frame(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn content(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        ZstdFrames::new(bytes)?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn frames_follow_each_other_and_skippable_ones_are_passed_over() {
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'x', b'y', b'z'];
        let long = vec![b'a'; 1_000_000];
        let file = [&skippable[..], &frame(&long), &frame(b""), &skippable, &frame(b"end")].concat();
        let expected = [&long[..], b"end"].concat();
        assert_eq!(content(&file).expect("well-formed"), expected);
    }

    #[test]
    fn a_cut_file_is_an_error_wherever_it_is_cut() {
        let first = frame(b"some text");
        let file = [&first[..], &frame(b"some more text")].concat();
        for length in (1..file.len()).filter(|&length| length != first.len()) {
            assert!(content(&file[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn a_frame_that_asks_for_an_enormous_window_is_refused() {
        // Window descriptor 0xa0: 2^(10 + 20) bytes, followed by one empty last block.
        assert!(content(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00]).is_err());
    }
}
