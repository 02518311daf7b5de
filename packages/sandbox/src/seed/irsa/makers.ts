/** What a maker names a role, and the tags that it writes. */
interface Made {
  name: string;
  tags: Record<string, string>;
}

interface Wanted {
  cluster: string;
  namespace: string;
  /** Of the service account. */
  name: string;
  /** Different for each role. */
  serial: number;
}

/** IAM takes no longer names of roles. */
const LONGEST_NAME = 64;

/** A stack of CloudFormation: role names get its name, the resource's and an ending of twelve characters. */
function stack(name: string, resource: string, serial: number): Made {
  const ending = `1${(4e15 + serial * 7919).toString(36).toUpperCase()}`;
  const room = LONGEST_NAME - resource.length - ending.length - 2;
  return {
    name: `${name.slice(0, room)}-${resource}-${ending}`,
    tags: {
      'aws:cloudformation:stack-name': name,
      'aws:cloudformation:logical-id': resource,
    },
  };
}

/** The tools that make roles for IRSA, as their roles look. */
const MAKERS = {
  unknown: ({ cluster, name }) => ({
    name: `irsa-${cluster}-${name}`.slice(0, LONGEST_NAME),
    tags: {},
  }),
  cloudformation: ({ cluster, name, serial }) =>
    stack(`${cluster}-${name}-iam`, 'Role', serial),
  eksctl({ cluster, namespace, name, serial }) {
    const made = stack(
      `eksctl-${cluster}-addon-iamserviceaccount-${namespace}-${name}`,
      'Role1',
      serial,
    );
    return {
      ...made,
      tags: {
        ...made.tags,
        'alpha.eksctl.io/cluster-name': cluster,
        'alpha.eksctl.io/eksctl-version': '0.215.0',
        'alpha.eksctl.io/iamserviceaccount-name': `${namespace}/${name}`,
      },
    };
  },
  terraform: ({ cluster, name }) => ({
    name: `${cluster}-${name}`.slice(0, LONGEST_NAME),
    tags: { ManagedBy: 'terraform' },
  }),
  /** Its modules write no tags; a name_prefix gets 18 digits of a time and 8 hexadecimal digits. */
  'terraform-prefix': ({ name, serial }) => ({
    name: `${name.slice(0, 37)}-202511041200${String(serial).padStart(
      6,
      '0',
    )}${serial.toString(16).padStart(8, '0')}`,
    tags: {},
  }),
  ack: ({ cluster, namespace, name }) => ({
    name: `${cluster}-${namespace}-${name}`.slice(0, LONGEST_NAME),
    tags: {
      'services.k8s.aws/controller-version': 'iam-1.4.2',
      'services.k8s.aws/namespace': namespace,
    },
  }),
} satisfies Record<string, (wanted: Wanted) => Made>;

export type Maker = keyof typeof MAKERS;

export const ROLE_MAKERS = Object.keys(MAKERS) as Maker[];

/** Name and tags of a role as its maker would write them. */
export const madeBy = (maker: Maker, wanted: Wanted): Made =>
  MAKERS[maker](wanted);
