import type { AwsDirect } from '../../aws/direct';
import { document } from '../../aws/policy/document';
import type { Manifest } from '../../kubernetes';
import { applicationAnnotations } from '../../kubernetes/runtime/application/application';
import { SECOND_ACCOUNT } from '../accounts';
import { deployment, serviceAccount } from '../manifests';
import { madeBy, Maker } from './makers';
import { OTHER_AUDIENCE, TrustShape, trustOfShape } from './trust';

/** A service account of the time before Pod Identity, with its role and the workload that uses it. */
export interface IrsaAccount {
  namespace: string;
  name: string;
  /** Of the trust policy; default T1. */
  shape?: TrustShape;
  /** Of the role; default `unknown`. */
  maker?: Maker;
  /** Another service account of the namespace, whose role it uses too. */
  roleOf?: string;
  /** The role was deleted. */
  roleGone?: boolean;
  /** The role may assume others. */
  mayAssume?: boolean;
  /** How its pods get to AWS; default `irsa`. With `associated` the annotation is left over from before. */
  road?: 'irsa' | 'irsa-by-hand' | 'static-keys' | 'kube2iam' | 'associated';
  /** SDK and version of its program; without one it never calls. */
  sdk?: string;
  /** Default Deployment. */
  kind?: 'Deployment' | 'CronJob';
  replicas?: number;
  /** Of its pods, which are then not scheduled. */
  nodeName?: string;
}

/** Where service accounts are made. */
export interface IrsaPlace {
  aws: AwsDirect;
  cluster: string;
  issuer: string;
}

const S3_READ = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const TOKEN_PATH = '/var/run/secrets/irsa';

/** Makes the role as its maker would; returns its ARN. */
function makeRole(
  { aws, cluster, issuer }: IrsaPlace,
  account: IrsaAccount,
  serial: number,
): string {
  const { namespace, name, shape = 'T1' } = account;
  const maker = account.maker ?? (shape === 'T12' ? 'eksctl' : 'unknown');
  const made = madeBy(maker, { cluster, namespace, name, serial });
  const accountId = shape === 'T9' ? SECOND_ACCOUNT : aws.mainAccount;
  const roleArn = `arn:aws:iam::${accountId}:role/${made.name}`;
  const place = { aws, issuer, namespace, name, roleArn };
  const { arn } = aws.iam.putRole({
    ...made,
    accountId,
    trust: trustOfShape(shape, place),
    attached: [S3_READ],
    ...(account.mayAssume && {
      inline: {
        'go-on': document({
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Resource: `arn:aws:iam::${SECOND_ACCOUNT}:role/partner-*`,
        }),
      },
    }),
  });
  if (account.roleGone) aws.iam.deleteRole(arn);
  return arn;
}

const variable = (name: string, value: string) => ({ name, value });

/** Gives the pods of a template their way to AWS, where the service account has none. */
function takeRoad(
  { metadata, spec }: Manifest,
  account: IrsaAccount,
  roleArn: string,
) {
  const [container] = spec.containers;
  switch (account.road) {
    case 'static-keys':
      container.env = [
        variable('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE'),
        variable(
          'AWS_SECRET_ACCESS_KEY',
          'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        ),
      ];
      return;
    case 'irsa-by-hand':
      container.env = [
        variable('AWS_ROLE_ARN', roleArn),
        variable('AWS_WEB_IDENTITY_TOKEN_FILE', `${TOKEN_PATH}/token`),
      ];
      container.volumeMounts = [{ name: 'irsa', mountPath: TOKEN_PATH }];
      spec.volumes = [
        {
          name: 'irsa',
          projected: {
            sources: [
              {
                serviceAccountToken: {
                  audience: 'sts.amazonaws.com',
                  expirationSeconds: 86_400,
                  path: 'token',
                },
              },
            ],
          },
        },
      ];
      return;
    case 'kube2iam':
      metadata.annotations = {
        ...metadata.annotations,
        'iam.amazonaws.com/role': roleArn,
      };
      return;
    default:
  }
}

/** The workload of a service account. */
function workload(account: IrsaAccount, roleArn: string): Manifest {
  const { namespace, name, sdk, kind, replicas, nodeName } = account;
  const object = deployment(namespace, name, { replicas });
  const { template } = object.spec;
  Object.assign(template.spec, nodeName && { nodeName });
  template.metadata = {
    ...template.metadata,
    annotations: sdk ? applicationAnnotations(sdk) : {},
  };
  takeRoad(template, account, roleArn);
  if (kind !== 'CronJob') return object;
  Object.assign(template.spec, { restartPolicy: 'Never' });
  return {
    ...object,
    apiVersion: 'batch/v1',
    kind,
    spec: { schedule: '40 3 * * *', jobTemplate: { spec: { template } } },
  };
}

/** Makes role and association of a service account; answers with what is to be applied to the cluster. */
export function makeIrsaAccount(
  place: IrsaPlace,
  account: IrsaAccount,
  serial: number,
  roles: ReadonlyMap<string, string> = new Map(),
): { roleArn: string; manifests: Manifest[] } {
  const { namespace, name, shape, road = 'irsa' } = account;
  const roleArn =
    roles.get(`${namespace}/${account.roleOf}`) ??
    makeRole(place, account, serial);
  const isAnnotated = road === 'irsa' || road === 'associated';
  if (road === 'associated') {
    place.aws.eks.putAssociation(place.cluster, {
      namespace,
      serviceAccount: name,
      roleArn,
    });
  }
  return {
    roleArn,
    manifests: [
      serviceAccount(namespace, name, {
        ...(isAnnotated && { 'eks.amazonaws.com/role-arn': roleArn }),
        ...(shape === 'T8' && { 'eks.amazonaws.com/audience': OTHER_AUDIENCE }),
      }),
      workload(account, roleArn),
    ],
  };
}
