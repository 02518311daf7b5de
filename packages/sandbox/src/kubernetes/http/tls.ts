import { generate } from 'selfsigned';
import { ClusterKey, clusterArn } from '../../core/contract';

export interface ServerCertificates {
  /** PEM of the cluster's own CA. */
  ca: string;
  cert: string;
  key: string;
}

const DAY_MS = 24 * 3600 * 1000;

const common = () =>
  ({
    algorithm: 'sha256',
    keyType: 'ec',
    curve: 'P-256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 3650 * DAY_MS),
  } as const);

const made = new Map<string, Promise<ServerCertificates>>();

/** The certificates of a cluster, which later sandboxes of this process use too: making them takes longer than the rest of a start. */
export function certificatesOf(key: ClusterKey): Promise<ServerCertificates> {
  const arn = clusterArn(key);
  if (!made.has(arn)) made.set(arn, createCertificates(key.name));
  return made.get(arn)!;
}

/** A cluster that is created again gets new ones. */
export const forgetCertificates = (key: ClusterKey) =>
  made.delete(clusterArn(key));

/** Creates the cluster's CA and a server certificate for loopback; EC keys keep the many handshakes fast. */
export async function createCertificates(
  clusterName: string,
): Promise<ServerCertificates> {
  const ca = await generate([{ name: 'commonName', value: 'kubernetes' }], {
    ...common(),
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
      ...common(),
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
