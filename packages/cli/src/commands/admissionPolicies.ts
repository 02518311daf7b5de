import { version } from '../../package.json';
import { readPortal } from '../connect/settings';
import { EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';

export interface AdmissionPoliciesFlags {
  config?: string;
  cluster?: string;
  probeImage?: string;
}

/** A cluster for which nothing is set; what is not asked here is not in the policies. */
const ANY = {
  name: 'any',
  region: 'eu-west-1',
  accountId: '111122223333',
};

/** Prints the admission policies of a cluster. It asks neither AWS nor Kubernetes. */
export async function admissionPolicies(
  flags: AdmissionPoliciesFlags,
  io: Io,
): Promise<number> {
  const { engine, config } = libraries;
  const { probeImage } = flags;
  const section = flags.config
    ? readPortal(flags.config, flags, io).section()
    : {
        clusters: [
          { ...ANY, ...(probeImage ? { probe: { image: probeImage } } : {}) },
        ],
      };
  const root = new config.ConfigReader({
    app: { baseUrl: 'http://localhost' },
    eksPodIdentity: section as {},
  });
  const [cluster] = engine.readEngineConfig(root).clusters;
  const of = flags.config
    ? `cluster ${cluster.id} of ${flags.config}`
    : 'a cluster whose app-config sets no probe, namespaces or commands';
  io.stdout.write(
    `# Rendered by eks-pod-identity ${version} for ${of}. Render it again with a new version before an upgrade.\n${engine.admissionPoliciesYaml(
      cluster,
    )}`,
  );
  return EXIT.ok;
}
