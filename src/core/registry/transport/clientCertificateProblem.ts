/**
 * How servers say that they want a client certificate, or another one: by an alert of TLS (RFC 8446, section 6), or,
 * as nginx does, by a page with status 400 (its own 495 and 496, ngx_http_special_response.c).
 */

export type ClientCertificateProblem =
  | 'clientCertificateRequired'
  | 'clientCertificateRefused'
  /** The alert before TLS 1.3 for both, and for having no cipher in common. */
  | 'handshakeRefused';

const ABOUT_CERTIFICATE: ReadonlySet<string> = new Set([
  'BAD_CERTIFICATE',
  'UNSUPPORTED_CERTIFICATE',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_UNKNOWN',
  'UNKNOWN_CA',
  'ACCESS_DENIED',
]);

/** @param code Node's code of an error of OpenSSL: `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`. */
export function clientCertificateAlert(
  code: string | undefined,
  hasCertificate: boolean,
): ClientCertificateProblem | undefined {
  const alert = /^ERR_SSL_.*_ALERT_([A-Z_]+)$/.exec(code ?? '')?.[1];
  if (alert === undefined) return undefined;
  if (alert === 'CERTIFICATE_REQUIRED') return 'clientCertificateRequired';
  if (alert === 'HANDSHAKE_FAILURE') return hasCertificate ? 'clientCertificateRefused' : 'handshakeRefused';
  // Go before 1.21 finds a missing certificate "bad".
  if (!ABOUT_CERTIFICATE.has(alert)) return undefined;
  return hasCertificate ? 'clientCertificateRefused' : 'clientCertificateRequired';
}

export function clientCertificateReply(
  status: number,
  body: Uint8Array,
): ClientCertificateProblem | undefined {
  if (status !== 400) return undefined;
  const text = Buffer.from(body).toString('latin1');
  if (text.includes('No required SSL certificate was sent')) return 'clientCertificateRequired';
  return text.includes('The SSL certificate error') ? 'clientCertificateRefused' : undefined;
}
