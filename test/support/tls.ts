import { execFileSync } from 'node:child_process';
import { opensslPath } from './tools.ts';

export interface Certificate {
  /** PEM, like `cert`. */
  readonly key: string;
  /** For `localhost` and `127.0.0.1`, valid for a day; pass it to the client as `ca`. */
  readonly cert: string;
}

let made: Certificate | undefined;

/** A self-signed certificate, made by openssl when it is first asked for, the same for the rest of the process. */
export function selfSignedCertificate(): Certificate {
  return (made ??= makeCertificate());
}

function makeCertificate(): Certificate {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const args = ['req', '-x509', ...curve, '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', names];
  const pem = execFileSync(opensslPath(), [...args, '-keyout', '-', '-out', '-'], { encoding: 'utf8', stdio: 'pipe' });
  const block = (label: string): string => {
    const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(pem);
    if (!found) throw new Error(`openssl printed no ${label}`);
    return found[0];
  };
  return { key: block('PRIVATE KEY'), cert: block('CERTIFICATE') };
}
