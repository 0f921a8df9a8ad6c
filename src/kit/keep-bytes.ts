/** Keeps the last `most` bytes of a stream, and knows whether some were lost. */
export function keepBytes(most: number) {
  let pieces: Buffer[] = [];
  let size = 0;
  let lost = false;
  const cut = (): void => {
    const all = Buffer.concat(pieces);
    pieces = [all.subarray(Math.max(0, all.length - most))];
    lost ||= all.length > most;
    size = pieces[0]?.length ?? 0;
  };
  return {
    add(piece: Buffer): void {
      pieces.push(piece);
      size += piece.length;
      // Twice the bound before we cut, so that a long stream is not copied again and again.
      if (size > most * 2) cut();
      else if (size > most) lost = true;
    },
    lost: (): boolean => lost,
    text(encoding: 'utf8' | 'latin1' = 'utf8'): string {
      cut();
      return pieces[0]?.toString(encoding) ?? '';
    },
  };
}
