import { Duplex } from 'node:stream';
import { createZstdDecompress, type ZstdDecompress } from 'node:zlib';

interface Frame {
  readonly stream: ZstdDecompress;
  /** All that came out of it was taken. */
  readonly over: Promise<void>;
}

/**
 * Takes data out of zstd, all frames of it one after the other: files that were put together, and what several threads made. Node's own
 * stream ends with the first frame and says nothing of the rest.
 */
export function zstdFrames(): Duplex {
  let frame = begin();

  function begin(): Frame {
    const stream = createZstdDecompress();
    stream.on('data', (piece: Buffer) => all.push(piece) || stream.pause());
    stream.on('error', (error) => all.destroy(error));
    return { stream, over: new Promise((resolve) => stream.once('end', resolve)) };
  }

  function give(chunk: Buffer, done: () => void): void {
    const { stream, over } = frame;
    const before = stream.bytesWritten;
    stream.write(chunk, (error) => {
      // It is told by its own event.
      if (error) return;
      const used = stream.bytesWritten - before;
      if (used === chunk.length) return done();
      // The frame is over, and what is left of the chunk is of the next one.
      void over.then(() => {
        frame = begin();
        give(chunk.subarray(used), done);
      });
    });
  }

  const all = new Duplex({
    read: () => void frame.stream.resume(),
    write: (chunk: Buffer, _encoding, done) => give(chunk, done),
    final(done) {
      const { stream, over } = frame;
      stream.end();
      void over.then(() => {
        all.push(null);
        done();
      });
    },
    destroy(cause, done) {
      frame.stream.destroy();
      done(cause);
    },
  });
  return all;
}
