/** The header of a gzip member. Source: RFC 1952, 2.3. */

const NAME_FLAGS = 0x08 | 0x10;

/** Length in bytes; `incomplete` where the bytes end inside it; undefined where no member begins. */
export function tryReadGzipHeader(bytes: Uint8Array, at: number): number | 'incomplete' | undefined {
  const expected = [0x1f, 0x8b, 0x08];
  for (let i = 0; i < 3; i += 1) {
    if (at + i >= bytes.length) return 'incomplete';
    if (bytes[at + i] !== expected[i]) return undefined;
  }
  if (at + 10 > bytes.length) return 'incomplete';
  const flags = bytes[at + 3]!;
  if ((flags & 0xe0) !== 0) return undefined;
  let end = at + 10;
  if ((flags & 0x04) !== 0) {
    if (end + 2 > bytes.length) return 'incomplete';
    end += 2 + (bytes[end]! | (bytes[end + 1]! << 8));
  }
  for (let flag = 0x08; flag <= 0x10; flag <<= 1) {
    if ((flags & NAME_FLAGS & flag) === 0) continue;
    const zero = end < bytes.length ? bytes.indexOf(0, end) : -1;
    if (zero < 0) return 'incomplete';
    end = zero + 1;
  }
  if ((flags & 0x02) !== 0) end += 2;
  return end > bytes.length ? 'incomplete' : end - at;
}
