import { GOVERNING, OTHER_ROLES } from '../guardrails/forbiddenActions';

/** Services of which nothing is the data of a workload: they give rights, or run commands under another role. */
const SERVICES = [
  ...GOVERNING.map(({ service }) => service),
  'eks',
  'eks-auth',
  'ssm',
  'sts',
];

/** Parts of names by which an action is about who may use a resource. */
const RIGHTS = [
  '[A-Za-z0-9]*(Polic|Permission|Grant)[A-Za-z0-9]*',
  '[A-Za-z0-9]*Acl',
  'Set(Queue|Topic)Attributes',
];

function ofOtherRoles(): string[] {
  const byService = new Map<string, string[]>();
  for (const action of OTHER_ROLES) {
    const [service, name] = action.split(':');
    if (SERVICES.includes(service)) continue;
    byService.set(service, [
      ...(byService.get(service) ?? []),
      name.replace('*', '[A-Za-z0-9]*'),
    ]);
  }
  return [...byService].map(
    ([service, names]) => `${service}:(${names.join('|')})`,
  );
}

/** Matches letters of both cases, without `(?i:`, which Node.js 22 does not know. */
const inAnyCase = (expression: string) =>
  expression.replace(/\[[A-Za-z0-9-]+\]|[A-Za-z]/g, part =>
    part.length > 1 ? part : `[${part.toUpperCase()}${part.toLowerCase()}]`,
  );

/**
 * What no parameter adds to the boundary of workloads, as an expression of CloudFormation and of Terraform, which matches
 * whole names in any spelling: AWS does not tell large letters from small ones.
 */
export const WITHHELD = `(${inAnyCase(
  [
    `(${SERVICES.join('|')}):[A-Za-z0-9]+`,
    ...ofOtherRoles(),
    `[A-Za-z0-9-]+:(${RIGHTS.join('|')})`,
  ].join('|'),
)})`;
