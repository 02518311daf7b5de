import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Sandbox } from '../sandbox';

/** Files written for other programs. */
export interface SettingsFiles {
  env: string;
  portalEnv: string;
  kubeconfig: string;
  all: string[];
}

/** Environment variables that would point an AWS tool elsewhere. */
const UNSET = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_EKS',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_S3',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_CA_BUNDLE',
];

/**
 * Warns in a shell whose `aws` is too old: before 2.15 it lacks commands of Pod Identity, before 2.13 it ignores
 * AWS_ENDPOINT_URL.
 */
const WARNING = `case "$(aws --version 2>&1 || true)" in
  aws-cli/2.1[5-9].* | aws-cli/2.[2-9][0-9].* | aws-cli/2.[1-9][0-9][0-9].* | aws-cli/[3-9]*) ;;
  aws-cli/*) echo "Warning: this is $(aws --version 2>&1 | cut -d' ' -f1). Use AWS CLI 2.15 or newer: an older one may call the real AWS instead of the sandbox." >&2 ;;
esac
`;

const quoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

function exportsOf(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join('\n');
}

interface Connection {
  arn: string;
  name: string;
  region: string;
  endpoint: string;
  certificateAuthorityData: string;
}

/** A kubeconfig like that of `aws eks update-kubeconfig`, with every cluster of the sandbox. */
function kubeconfigOf(connections: Connection[]): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    'current-context': connections[0]?.arn ?? '',
    clusters: connections.map(c => ({
      name: c.arn,
      cluster: {
        server: c.endpoint,
        'certificate-authority-data': c.certificateAuthorityData,
      },
    })),
    contexts: connections.map(c => ({
      name: c.arn,
      context: { cluster: c.arn, user: c.arn },
    })),
    users: connections.map(c => ({
      name: c.arn,
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1beta1',
          command: 'aws',
          args: [
            '--region',
            c.region,
            'eks',
            'get-token',
            '--cluster-name',
            c.name,
            '--output',
            'json',
          ],
          interactiveMode: 'Never',
        },
      },
    })),
  });
}

/** Writes the settings for other shells and the demo portal, readable by their owner only. */
export async function writeSettings(
  directory: string,
  sandbox: Sandbox,
): Promise<SettingsFiles> {
  const write = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const empty = write('no-aws-files', '');
  const connections = sandbox.connections();
  const kubeconfig = write('kubeconfig', kubeconfigOf(connections));
  const common = {
    AWS_ENDPOINT_URL: sandbox.awsEndpoint,
    AWS_REGION: sandbox.region,
    AWS_DEFAULT_REGION: sandbox.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: empty,
    AWS_SHARED_CREDENTIALS_FILE: empty,
    AWS_PAGER: '',
  };
  const { admin, backstage, roles } = sandbox.credentials;
  const portalEnv = write(
    'portal.env',
    `# Settings of the demo portal's backend: its user may only assume the portal's roles.\n${exportsOf(
      {
        ...common,
        AWS_ACCESS_KEY_ID: backstage.accessKeyId,
        AWS_SECRET_ACCESS_KEY: backstage.secretAccessKey,
        ...(backstage.sessionToken && {
          AWS_SESSION_TOKEN: backstage.sessionToken,
        }),
        PORTAL_READ_ROLE_ARN: roles.read,
        PORTAL_VERIFY_ROLE_ARN: roles.verify,
        PORTAL_WRITE_ROLE_ARN: roles.write,
      },
    )}\n`,
  );
  // Written last, because scripts wait for this file.
  const env = write(
    'env',
    `# Source this file to make aws and kubectl use the sandbox on this machine.\nunset ${UNSET.join(
      ' ',
    )}\n${exportsOf({
      ...common,
      AWS_ACCESS_KEY_ID: admin.accessKeyId,
      AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
      EKS_CLUSTER_NAME: connections[0]?.name ?? '',
      KUBECONFIG: kubeconfig,
    })}\n${WARNING}`,
  );
  return {
    env,
    portalEnv,
    kubeconfig,
    all: [env, portalEnv, kubeconfig, empty],
  };
}
