/** PAX extended headers: `length key=value\n` records. Source: POSIX.1-2017 pax, "pax Extended Header". */
import { damagedArchive } from './damagedArchive.ts';
import { decodeName } from './tarHeader.ts';

export interface PaxRecord {
  readonly key: string;
  readonly value: string;
  /** The value's bytes, for what is not text. */
  readonly bytes: Buffer;
}

/** In the order of the file: GNU's sparse format 0.0 repeats keys. @throws CoreError `protocol` */
export function parsePaxRecords(body: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < body.length) {
    // Some writers fill the rest with NUL.
    if (body[at] === 0) break;
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(body.toString('latin1', at, space));
    const end = at + length;
    const equals = body.indexOf(0x3d, space + 1);
    const isWhole =
      Number.isInteger(length) &&
      end <= body.length &&
      equals > space &&
      equals < end &&
      body[end - 1] === 0x0a;
    if (!isWhole) throw damagedArchive('paxRecord');
    const bytes = body.subarray(equals + 1, end - 1);
    records.push({
      key: decodeName(body, space + 1, equals),
      value: decodeName(bytes, 0, bytes.length),
      bytes,
    });
    at = end;
  }
  return records;
}
