import { breaking, Scenario } from './scenario';
import { deployment, serviceAccount } from '../seed/manifests';

const OTHER = 'team-other';

/** Associations, service accounts and the pods that should have the identity. */
export const associationScenarios: Record<string, Scenario> = {
  'association-spreads-slowly': breaking({
    rows: ['1'],
    description:
      'Recreates the association while each change takes 30 s to reach the API servers, and restarts the pods at once.',
    shows:
      'New pods do not receive the identity yet; those that run have none.',
    async break(stage) {
      const again = stage.dissociate();
      Object.assign(stage.context.core.delays, {
        association: 30_000,
        apiServerLag: 4_000,
      });
      again();
      await stage.restart();
    },
  }),
  'pods-older-than-association': breaking({
    rows: ['2'],
    description: 'Restarts the pods before the association is made.',
    shows: 'The running pods have no identity; new pods receive it.',
    async break(stage) {
      const again = stage.dissociate();
      await stage.restart();
      again();
    },
  }),
  'association-missing': breaking({
    rows: ['3'],
    description: 'Deletes the association and restarts the pods.',
    shows: 'There is no association, and the pods have no identity.',
    async break(stage) {
      stage.dissociate();
      await stage.restart();
    },
  }),
  'association-deleted-under-pods': breaking({
    rows: ['3'],
    description: 'Deletes the association while its pods run.',
    shows: 'There is no association; the agent refuses the running pods.',
    break: stage => {
      stage.dissociate();
    },
  }),
  'association-of-a-near-name': breaking({
    rows: ['3'],
    description:
      'Gives the association to a service account whose name has one letter less.',
    shows: 'There is no association, but one for a name much like it.',
    async break(stage) {
      const { roleArn } = stage.association();
      stage.dissociate();
      stage.aws.eks.putAssociation(stage.cluster, {
        namespace: stage.namespace,
        serviceAccount: stage.name.slice(0, -1),
        roleArn,
      });
      await stage.restart();
    },
  }),
  'workload-under-default': breaking({
    rows: ['4'],
    description: 'Lets the Deployment run under the service account default.',
    shows: 'No pod runs under the service account of the identity.',
    break: stage =>
      stage.changePods(({ spec }) => {
        delete spec.serviceAccountName;
        delete spec.serviceAccount;
      }),
  }),
  'workload-under-another-service-account': breaking({
    rows: ['4'],
    description: 'Lets the Deployment run under another service account.',
    shows: 'No pod runs under the service account of the identity.',
    async break(stage) {
      await stage.kube.apply(
        serviceAccount(stage.namespace, `${stage.name}-legacy`),
      );
      await stage.changePods(({ spec }) => {
        delete spec.serviceAccount;
        spec.serviceAccountName = `${stage.name}-legacy`;
      });
    },
  }),
  'service-account-missing': breaking({
    rows: ['5'],
    description: 'Deletes the service account.',
    shows: 'The service account does not exist.',
    break: stage =>
      stage.kube.delete('serviceaccounts', stage.namespace, stage.name),
  }),
  'namespace-missing': breaking({
    rows: ['5'],
    description: 'Deletes the namespace, with all that is in it.',
    shows: 'The namespace does not exist.',
    async break({ kube, namespace }) {
      await kube.delete('namespaces', undefined, namespace);
      await kube.waitFor(
        'namespaces',
        undefined,
        namespace,
        object => object === undefined,
      );
    },
  }),
  'association-changed-under-pods': breaking({
    rows: ['39'],
    description: 'Gives the association another role while its pods run.',
    shows: 'The running pods may use the former role for up to six hours.',
    async break(stage) {
      await stage.later();
      const { arn } = stage.aws.iam.putRole({
        name: `${stage.name}-v2`,
        attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      });
      stage.updateAssociation({ roleArn: arn });
    },
  }),
  'association-with-another-role': breaking({
    rows: ['40'],
    description:
      'Gives the association a role that is not the one asked for, before its pods start.',
    shows: 'Another role than the expected one.',
    async break(stage) {
      const { arn } = stage.aws.iam.putRole({ name: `${stage.name}-other` });
      stage.updateAssociation({ roleArn: arn });
      await stage.restart();
    },
  }),
  'association-of-an-add-on': breaking({
    rows: ['41'],
    description: 'Lets an add-on own the association.',
    shows: 'The portal leaves the association to its add-on.',
    async break(stage) {
      const addon = await stage.aws.eks.putAddon(stage.cluster, {
        addonName: 'aws-efs-csi-driver',
      });
      stage.updateAssociation({ ownerArn: addon.addonArn });
    },
  }),
  'association-quota-reached': breaking({
    rows: ['42'],
    description:
      'Lowers the quota to the associations that exist, and deletes that of the identity.',
    shows: 'AWS makes no further association.',
    break(stage) {
      stage.dissociate();
      stage.aws.eks.putAssociation(stage.cluster, {
        namespace: OTHER,
        serviceAccount: 'report',
        roleArn: `arn:aws:iam::${stage.aws.mainAccount}:role/${stage.name}`,
      });
      stage.aws.set({
        associationsPerCluster: stage.aws.eks.associations(stage.cluster)
          .length,
      });
    },
  }),
  'irsa-annotation': breaking({
    rows: ['26'],
    description:
      'Annotates the service account for IRSA and restarts the pods before the association is made.',
    shows: 'The running pods have the variables of IRSA.',
    async break(stage) {
      const again = stage.dissociate();
      const { arn } = stage.aws.iam.putRole({ name: `${stage.name}-irsa` });
      await stage.annotateForIrsa(arn);
      await stage.restart();
      again();
    },
  }),
  'identity-of-default': breaking({
    rows: ['4'],
    description:
      'Gives the identity to the service account default, beside a Deployment of another team that names none.',
    shows: 'Every pod of the namespace that names no service account has it.',
    async break(stage) {
      stage.aws.eks.putAssociation(stage.cluster, {
        namespace: stage.namespace,
        serviceAccount: 'default',
        roleArn: stage.association().roleArn,
      });
      const object = deployment(stage.namespace, 'unrelated');
      delete object.spec.template.spec.serviceAccountName;
      await stage.kube.apply(object);
    },
  }),
};
