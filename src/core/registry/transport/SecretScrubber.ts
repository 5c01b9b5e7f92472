/** Takes the secrets a connection uses out of text that came from outside, before it is logged or shown. */

/** Shorter ones would blank ordinary words, and guessing them is easier than reading a log. */
const MIN_LENGTH = 4;

export class SecretScrubber {
  readonly #secrets = new Set<string>();

  /** Remembers a password or token for as long as the connection lives; also in base64 with its user name. */
  add(secret: string, username?: string): void {
    if (secret.length < MIN_LENGTH) return;
    this.#secrets.add(secret);
    this.#secrets.add(encodeURIComponent(secret));
    if (username !== undefined) {
      this.#secrets.add(Buffer.from(`${username}:${secret}`).toString('base64'));
    }
  }

  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '***');
    return clean;
  }
}
