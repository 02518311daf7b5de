import { version } from '../../package.json';
import { readPortal } from '../connect/settings';
import { CliError, EXIT } from '../exitCodes';
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

/** Settings that are in the policies; without one of them they would be those of its default. */
const USED = /^(probe|namespaces|guardrails\.probe)(\.|$)|^guardrails$/;

/** The section of app-config with the cluster alone. */
function sectionOf(path: string, flags: AdmissionPoliciesFlags, io: Io) {
  const { leftOut, section } = readPortal(path, flags, io);
  const unset = leftOut.filter(({ key }) => USED.test(key));
  if (unset.length > 0) {
    throw new CliError(
      `${path} takes ${unset
        .map(({ key, variable }) => `${key} from ${variable}`)
        .join(
          ' and ',
        )}, which the environment does not have: set it as the portal has it.`,
    );
  }
  return section();
}

/** Prints the admission policies of a cluster. It asks neither AWS nor Kubernetes. */
export async function admissionPolicies(
  flags: AdmissionPoliciesFlags,
  io: Io,
): Promise<number> {
  const { engine, config } = libraries;
  const { probeImage } = flags;
  if (flags.cluster && !flags.config) {
    throw new CliError(
      `The settings of ${flags.cluster} are in an app-config: name it with --config.`,
    );
  }
  const section = flags.config
    ? sectionOf(flags.config, flags, io)
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
