import { generate } from 'selfsigned';

export interface ServerCertificates {
  /** PEM of the cluster's own CA. */
  ca: string;
  cert: string;
  key: string;
}

const YEARS_VALID = 10;

const validity = () => {
  const from = new Date(Date.now() - 24 * 3600 * 1000);
  const until = new Date(from);
  until.setFullYear(from.getFullYear() + YEARS_VALID);
  return { notBeforeDate: from, notAfterDate: until };
};

const COMMON = {
  algorithm: 'sha256',
  keyType: 'ec',
  curve: 'P-256',
} as const;

/** Creates the cluster's CA and a server certificate for loopback; EC keys keep the many handshakes fast. */
export async function createCertificates(
  clusterName: string,
): Promise<ServerCertificates> {
  const ca = await generate([{ name: 'commonName', value: 'kubernetes' }], {
    ...COMMON,
    ...validity(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'keyUsage',
        keyCertSign: true,
        digitalSignature: true,
        keyEncipherment: true,
        critical: true,
      },
    ],
  });
  const server = await generate(
    [{ name: 'commonName', value: `kube-apiserver-${clusterName}` }],
    {
      ...COMMON,
      ...validity(),
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
            { type: 2, value: 'kubernetes.default.svc' },
            { type: 2, value: 'api.sandbox.invalid' },
          ],
        },
      ],
    },
  );
  return { ca: ca.cert, cert: server.cert, key: server.private };
}
