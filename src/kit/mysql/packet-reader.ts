/** Reads the fields of one packet of the MySQL protocol, from the front. */
export function packetReader(packet: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    const piece = packet.subarray(at, at + length);
    at += length;
    return piece;
  };
  /** A number of 1 to 9 bytes; `undefined` stands for NULL. */
  const lengthOf = (): number | undefined => {
    const first = take(1)[0] ?? 0;
    if (first === 0xfb) return undefined;
    if (first === 0xfc) return take(2).readUIntLE(0, 2);
    if (first === 0xfd) return take(3).readUIntLE(0, 3);
    if (first === 0xfe) return Number(take(8).readBigUInt64LE());
    return first;
  };
  return {
    take,
    length: lengthOf,
    number: (bytes: number): number => take(bytes).readUIntLE(0, bytes),
    /** Up to the next zero byte, or to the end. */
    untilZero(): Buffer {
      const end = packet.indexOf(0, at);
      const piece = packet.subarray(at, end < 0 ? packet.length : end);
      at = end < 0 ? packet.length : end + 1;
      return piece;
    },
    text(): string | null {
      const length = lengthOf();
      return length === undefined ? null : take(length).toString('utf8');
    },
    rest: (): Buffer => take(packet.length - at),
    left: (): number => packet.length - at,
  };
}
