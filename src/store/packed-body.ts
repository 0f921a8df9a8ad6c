import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A webhook of 22 kB becomes 2 kB in 60 µs; what the disk is given at each commit is what a sender waits for. */
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 4096 };
/** To pack more than this would hold up what is asked next: of the embedded store, or of the server where it asks PostgreSQL. */
const largestPacked = 1024 * 1024;
/** With which zstd's format begins (RFC 8878, 3.1.1). A webhook's body is JSON, and an object begins otherwise. */
const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** As it is kept in the database. */
export const packed = (body: Uint8Array): Uint8Array =>
  body.byteLength > largestPacked ? body : zstdCompressSync(body, fast);

/** As it was received, whether it was packed or not. */
export const unpacked = (kept: Uint8Array): Uint8Array =>
  new Uint8Array(isPacked(kept) ? zstdDecompressSync(kept) : kept);

const isPacked = (bytes: Uint8Array): boolean => magic.equals(bytes.subarray(0, magic.length));
