/** Tar archives byte by byte, for what no writer would write. */

export interface RawHeader {
  readonly name: string | Buffer;
  /** Type flag; a file unless told otherwise. */
  readonly type?: string;
  /** A number, or the field as it is. */
  readonly size?: number | Buffer;
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
}

export function rawHeader({
  name,
  type = '0',
  size = 0,
  link = '',
  major = 0,
  minor = 0,
}: RawHeader): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write('0000644\0', 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  if (typeof size === 'number') block.write(octal(size, 12), 124);
  else size.copy(block, 124, 0, 12);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\u000000', 257);
  block.write(octal(major, 8), 329);
  block.write(octal(minor, 8), 337);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Headers as they are, content filled up to whole blocks, and the two blocks of zeros at the end. */
export function rawTar(...parts: readonly (string | Buffer)[]): Buffer {
  const blocks = parts.flatMap((part) =>
    typeof part === 'string' ? [Buffer.from(part), Buffer.alloc((512 - (part.length % 512)) % 512)] : [part],
  );
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
