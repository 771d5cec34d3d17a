import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

export interface Authority {
  cert: string;
  /** A key and a certificate for that host name, signed by this authority. */
  issue(name: string): { cert: string; key: string };
}

/** An authority as the Docker manual makes one for `dockerd --tlsverify`; its certificates are valid for a day. */
export function createAuthority(): Authority {
  const own = createKeys();
  const subject = [{ name: 'commonName', value: 'authority.test' }];
  const issue = (name: string, extensions: object[], publicKey: string) =>
    sign({
      subject: [{ name: 'commonName', value: name }],
      issuer: subject,
      publicKey,
      extensions,
      by: own.privateKey,
    });
  const cert = issue('authority.test', [{ name: 'basicConstraints', cA: true }], own.publicKey);
  return {
    cert,
    issue: (name) => {
      const { publicKey, privateKey } = createKeys();
      const altNames = [{ type: 2, value: name }];
      return { cert: issue(name, [{ name: 'subjectAltName', altNames }], publicKey), key: privateKey };
    },
  };
}

let serial = 1;

function sign(of: {
  subject: object[];
  issuer: object[];
  publicKey: string;
  extensions: object[];
  by: string;
}): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(of.publicKey);
  certificate.serialNumber = String(serial++).padStart(2, '0');
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  certificate.setSubject(of.subject as forge.pki.CertificateField[]);
  certificate.setIssuer(of.issuer as forge.pki.CertificateField[]);
  certificate.setExtensions(of.extensions);
  certificate.sign(forge.pki.privateKeyFromPem(of.by), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

const createKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
