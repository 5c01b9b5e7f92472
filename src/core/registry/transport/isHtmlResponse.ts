/** Captive portals, login pages and plain web servers answer HTML where a registry would answer JSON. */

/** True when the reply says it is HTML, or says nothing and `body` starts like HTML. */
export function isHtmlResponse(
  response: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  body?: Uint8Array,
): boolean {
  const contentType = String(response.headers['content-type'] ?? '').toLowerCase();
  if (contentType !== '') return contentType.includes('html');
  const start = Buffer.from(body?.subarray(0, 64) ?? []).toString('latin1');
  return /^\s*<(?:!doctype|html|head|body)\b/i.test(start);
}
