import type { Tags } from './ownership';

/** The tool from whose source an AWS resource was made, and to which it goes back. */
export type Maker =
  /** The custom resource is in this namespace. */
  | { by: 'ack'; namespace: string }
  /** CloudFormation itself, the CDK, or eksctl. */
  | { by: 'stack'; tool: 'CloudFormation' | 'eksctl'; stack: string }
  /** The managed resource: `role.iam.aws.upbound.io` and its name. */
  | { by: 'crossplane'; kind: string; name: string }
  | { by: 'code'; tool: 'Terraform' | 'OpenTofu' | 'Pulumi'; tag: string };

/** Set by the controllers of ACK. */
const ACK_NAMESPACE = 'services.k8s.aws/namespace';
const STACK = 'aws:cloudformation:stack-name';
/** Set by the AWS providers of Crossplane. */
const CROSSPLANE_KIND = 'crossplane-kind';
const CROSSPLANE_NAME = 'crossplane-name';

const TOOLS = [
  ['Terraform', /^(terraform|terragrunt)\b/i],
  ['OpenTofu', /^(open-?tofu|tofu)\b/i],
  ['Pulumi', /^pulumi\b/i],
] as const;
/** No tool sets these by itself; they are what most teams write. */
const SOURCE_KEYS =
  /^(managed[-_ ]?by|created[-_ ]?by|provisioned[-_ ]?by|provisioner|iac|iac[-_]tool|source)$/i;
const FLAG = /^(true|yes|1)$/i;

/** Names of objects: whatever else a tag holds was written by another hand. */
const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
/** A managed resource of AWS: no command is printed for objects of another kind that a tag names. */
const CROSSPLANE_RESOURCE =
  /^[a-z0-9]+(\.[a-z0-9]+)*\.aws\.(m\.)?(upbound|crossplane)\.io$/;
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;

function toolOf(key: string, value: string) {
  const text = SOURCE_KEYS.test(key) ? value : FLAG.test(value) && key;
  return text && TOOLS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** The maker of an AWS resource by its tags. Tags of `code` are a habit of people, so they only make it likely. */
export function makerOfTags(tags: Tags | undefined): Maker | undefined {
  const {
    [ACK_NAMESPACE]: namespace,
    [STACK]: stack,
    [CROSSPLANE_KIND]: kind,
    [CROSSPLANE_NAME]: name,
    ...others
  } = tags ?? {};
  if (namespace && NAME.test(namespace)) return { by: 'ack', namespace };
  if (stack && STACK_NAME.test(stack)) {
    const tool = stack.startsWith('eksctl-') ? 'eksctl' : 'CloudFormation';
    return { by: 'stack', tool, stack };
  }
  if (kind && name && CROSSPLANE_RESOURCE.test(kind) && NAME.test(name)) {
    return { by: 'crossplane', kind, name };
  }
  for (const [key, value] of Object.entries(others)) {
    const tool = toolOf(key, value);
    if (tool) return { by: 'code', tool, tag: key };
  }
  return undefined;
}
