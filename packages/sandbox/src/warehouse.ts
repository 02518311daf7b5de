import type { ScenarioContext } from './scenarios/scenario';
import { Stage } from './scenarios/stage';
import { letPortalPass } from './seed/accounts';
import { WAREHOUSE } from './seed/clusters';
import { IrsaAccount, makeIrsaAccount } from './seed/irsa/account';
import { namespace } from './seed/manifests';
import accounts from './seed/warehouse.json';

const NAMESPACES = ['warehouse', 'warehouse-jobs', 'billing'];
/** In the first of the namespaces, unless they say another. */
const ROWS = accounts as Partial<IrsaAccount>[] as (Omit<
  IrsaAccount,
  'namespace'
> & { namespace?: string })[];
const MOVABLE = 'arn:aws:iam::111122223333:role/warehouse-prod-*';
const DRIVER = 'ebs-csi-controller-sa';

/** The EBS driver, whose add-on has a role for IRSA: EKS writes the annotation. */
async function addStorageDriver(
  { aws, cluster }: ScenarioContext,
  issuer: string,
): Promise<void> {
  const { roleArn, manifests } = makeIrsaAccount(
    { aws, cluster: WAREHOUSE, issuer },
    { namespace: 'kube-system', name: DRIVER, maker: 'cloudformation' },
    0,
  );
  await aws.eks.putAddon(WAREHOUSE, {
    addonName: 'aws-ebs-csi-driver',
    serviceAccountRoleArn: roleArn,
  });
  await cluster(WAREHOUSE).apply(manifests, 'eks');
}

/**
 * Fills the cluster of the system Warehouse, which is from the time of IRSA: trust policies of many shapes, made by many
 * tools, and programs that ask STS so that CloudTrail has their calls.
 */
export async function fillWarehouse(context: ScenarioContext): Promise<void> {
  const { aws, credentials } = context;
  // So that the portal of the demo can move what its config lets it use
  letPortalPass(aws, credentials, [MOVABLE]);
  const { clock } = context.core;
  const kube = context.cluster(WAREHOUSE);
  const { rate } = clock;
  // Pods start and end by the clock.
  clock.setRate(rate || 1);
  await kube.apply(NAMESPACES.map(name => namespace(name)));
  await addStorageDriver(context, kube.issuer);
  const roles = new Map<string, string>();
  const place = { aws, cluster: WAREHOUSE, issuer: kube.issuer };
  const programs: Stage[] = [];
  for (const [index, row] of ROWS.entries()) {
    const account = { namespace: NAMESPACES[0], ...row };
    const made = makeIrsaAccount(place, account, index + 1, roles);
    roles.set(`${account.namespace}/${account.name}`, made.roleArn);
    await kube.apply(made.manifests);
    if (!account.sdk || account.kind === 'CronJob') continue;
    const identity = {
      cluster: WAREHOUSE,
      namespace: account.namespace,
      serviceAccount: account.name,
    };
    programs.push(new Stage(context, identity));
  }
  await Promise.all(programs.map(stage => stage.rolledOut()));
  await Promise.all(programs.map(stage => stage.called()));
  clock.setRate(rate);
}
