import { ConfigReader } from '@backstage/config';
import { readEngineConfig } from '../clusters/config';
import { admissionPoliciesYaml } from '../setup/admissionPolicies';
import { RECORDS } from '../verification/probe/acceptedScripts';
import { accountModule, clusterModule } from './accountModule';
import { accountStack, clusterStack } from './accountStack';
import { cloudFormation } from './cloudFormation';
import { helmTemplates } from './helm';
import { kustomize } from './kustomize';
import { pipelinesModule, pipelinesStack } from './pipelines';
import { portalModule, portalStack } from './portal';
import { rbacFile } from './rbac';
import { terraform } from './terraform';

/** The admission policies of a portal that says nothing of its probe, of namespaces or of commands. */
function admissionPolicies(): string {
  const [cluster] = readEngineConfig(
    new ConfigReader({
      app: { baseUrl: 'https://portal.example.com' },
      eksPodIdentity: {
        clusters: [
          {
            name: 'payments-prod',
            region: 'eu-west-1',
            accountId: '111122223333',
          },
        ],
      },
    }),
  ).clusters;
  return `# Made by "yarn artefacts" from the probe and the restart of packages/engine. What they hold, and why: docs/permissions.md.
#
#   kubectl apply -f deploy/admission-policies.yaml
#
# These are for a portal that sets nothing below probe, guardrails.probe and namespaces in app-config. Where yours does,
# render them for each cluster; and apply them again before an upgrade, and where a setting changes:
#
#   eks-pod-identity admission-policies --config app-config.yaml --cluster payments-prod | kubectl apply -f -
#
# Groups that rbac.yaml binds: backstage-verifiers may create the probe alone; backstage-writers restart workloads, and
# change nothing else of them.
${admissionPoliciesYaml(cluster)}`;
}

const below = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]),
  );

/** The files that are made from the code of the engine, by their path: most are below deploy/. */
export function artefacts(): Record<string, string> {
  const policies = admissionPolicies();
  return {
    'deploy/cloudformation.yaml': cloudFormation(),
    'deploy/account.yaml': accountStack(),
    'deploy/cluster.yaml': clusterStack(),
    'deploy/terraform/account/policies.tf': accountModule(),
    'deploy/terraform/cluster/policies.tf': clusterModule(),
    'deploy/terraform/policies.tf': terraform(),
    'deploy/portal.yaml': portalStack(),
    'deploy/terraform/portal/policies.tf': portalModule(),
    'deploy/pipelines.yaml': pipelinesStack(),
    'deploy/terraform/pipelines/policies.tf': pipelinesModule(),
    'deploy/rbac.yaml': rbacFile(),
    'deploy/admission-policies.yaml': policies,
    ...below('deploy/kubernetes', kustomize(policies)),
    ...below('deploy/helm/templates', helmTemplates(policies)),
    'packages/engine/src/verification/probe/scripts.generated.json': `${JSON.stringify(
      RECORDS,
      null,
      2,
    )}\n`,
  };
}
