import { accountOfArn, nameOfArn } from '../../aws/arn';
import {
  type InlinePolicy,
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy,
  readManagedPolicy,
  readRole,
  type Role,
} from '../../aws/role';
import { portalRoles } from '../../clusters/portalRoles';
import {
  type AdoptionContext,
  isAdoptable,
  judgeAdoption,
  ownerRefusal,
} from '../../guardrails';
import { ownership } from '../../identity/ownership';
import type { Collecting, Collector } from '../framework/collecting';
import { Fact, known, lacking, valueOf } from '../framework/fact';
import { askAws } from '../access/askAws';
import type { TargetRoleFact } from '../framework/facts/role';
import { voiceOf } from '../../text/voice';

/** The role with exactly that ARN: one of the same name at another path is another role. */
async function readExactly(
  c: Collecting,
  arn: string,
): Promise<Fact<Role | null>> {
  return askAws(c.read, { action: 'iam:GetRole', resource: arn }, async () => {
    const role = await readRole(c.read, nameOfArn(arn), c.signal);
    return role?.arn === arn ? role : null;
  });
}

/** Who would use a role. */
function adoptionOf({ request, operation, read }: Collecting): AdoptionContext {
  const { claimant, clusters, entity, findEntity } = operation;
  return {
    cluster: read.cluster,
    namespace: request.ref.namespace,
    portalRoles: portalRoles(clusters),
    entityRef: request.entityRef,
    claimant,
    entity,
    findEntity,
  };
}

/** Whether this ref may use the role, so that the caller may see its policies. */
async function mayUse(c: Collecting, { arn, tags }: Role): Promise<boolean> {
  const { request, operation, read } = c;
  const { namespace, serviceAccount } = request.ref;
  const owner = ownership(tags, {
    portalId: operation.config.portalId,
    cluster: read.cluster,
    namespace,
    serviceAccount,
  });
  if (owner.kind === 'ours') {
    return !(await ownerRefusal('The role', tags, operation));
  }
  const verdict = await judgeAdoption({ arn, tags }, adoptionOf(c));
  return verdict.allowed;
}

/** The expected role, if no association names one. */
async function expectedRole(
  c: Collecting,
  association: Fact<unknown>,
): Promise<Fact<Role | null>> {
  const nothing: Fact<never> = association.known
    ? lacking({
        kind: 'because',
        because: 'association.exists',
        sentence:
          'Not checked, because there is no association that names a role.',
      })
    : association;
  const expected = valueOf(await c.get('expected'));
  const arn = expected?.settings.roleArn ?? expected?.effectiveRoleArn;
  if (!arn) return nothing;
  const last = c.operation.lastAssociate?.result;
  if (
    last?.applied &&
    last.roleArn &&
    [last.roleArn, last.effectiveRoleArn].includes(arn)
  ) {
    return readExactly(c, last.roleArn);
  }
  const role = await readExactly(c, arn);
  if (!role.known || isAdoptable(arn, adoptionOf(c))) return role;
  // A missing role and one of another owner must look the same.
  return role.value && (await mayUse(c, role.value)) ? role : nothing;
}

/** The association's role, else the expected one. */
export const collectRole: Collector<'role'> = async c => {
  const association = await c.get('association');
  return association.known && association.value
    ? readExactly(c, association.value.roleArn)
    : expectedRole(c, association);
};

/** Asked only where an association names a role that is not there: a name is taken in the whole account. */
export const collectNamesake: Collector<'namesake'> = async c => {
  const [association, role] = await Promise.all([
    c.get('association'),
    c.get('role'),
  ]);
  const arn = valueOf(association)?.roleArn;
  if (!arn || !role.known || role.value) return known(null);
  return askAws(c.read, { action: 'iam:GetRole', resource: arn }, async () => {
    const found = await readRole(c.read, nameOfArn(arn), c.signal);
    return found && found.arn !== arn ? found.arn : null;
  });
};

export const collectRolePolicies: Collector<'rolePolicies'> = async c => {
  const role = await c.get('role');
  if (!role.known) return role;
  if (!role.value) {
    return lacking({
      kind: 'because',
      because: 'role.exists',
      sentence: 'Not checked, because the role does not exist.',
    });
  }
  const { name, arn } = role.value;
  const listed = (action: string, names: Promise<string[]>) =>
    askAws(c.read, { action, resource: arn }, async () => (await names).sort());
  const [attached, inline] = await Promise.all([
    listed(
      'iam:ListAttachedRolePolicies',
      listManagedPolicies(c.read, name, c.signal),
    ),
    listed('iam:ListRolePolicies', listInlinePolicies(c.read, name, c.signal)),
  ]);
  if (!attached.known) return attached;
  if (!inline.known) return inline;
  return known({ attached: attached.value, inline: inline.value });
};

export const collectInlinePolicies: Collector<'inlinePolicies'> = async c => {
  const [role, policies] = await Promise.all([
    c.get('role'),
    c.get('rolePolicies'),
  ]);
  if (!policies.known) return policies;
  // Known policies are those of a known role.
  return role.known && role.value
    ? inlineDocuments(c, role.value, policies.value.inline)
    : known([]);
};

type Documents = Pick<TargetRoleFact, 'documents' | 'unread'>;

/** Inline policies with their documents. */
export async function inlineDocuments(
  c: Collecting,
  role: Role,
  names: readonly string[],
): Promise<Fact<InlinePolicy[]>> {
  const right = { action: 'iam:GetRolePolicy', resource: role.arn };
  return askAws(c.read, right, async () => {
    const documents = await Promise.all(
      names.map(async name => ({
        name,
        document: await readInlinePolicy(c.read, role.name, name, c.signal),
      })),
    );
    // Without those that were deleted since they were listed.
    return documents.filter(({ document }) => document !== undefined);
  });
}

/** The document of a managed policy; undefined where it cannot be read, or is gone. */
async function managedDocument(c: Collecting, arn: string): Promise<unknown> {
  try {
    return await readManagedPolicy(c.read, arn, c.signal);
  } catch {
    c.signal.throwIfAborted();
    return undefined;
  }
}

/** Documents of the inline policies, and of the managed ones where the portal may read them. */
export async function policyDocuments(
  c: Collecting,
  inline: Promise<Fact<InlinePolicy[]>>,
  attached: readonly string[],
): Promise<Documents> {
  const [own, managed] = await Promise.all([
    inline,
    Promise.all(
      attached.map(async arn => ({
        arn,
        name: nameOfArn(arn),
        document: await managedDocument(c, arn),
      })),
    ),
  ]);
  const unread = managed
    .filter(({ document }) => document === undefined)
    .map(({ arn }) => arn);
  if (!own.known) return { documents: own, unread };
  const read = managed
    .filter(({ document }) => document !== undefined)
    .map(({ name, document }) => ({ name, document }));
  const inlineOnes = own.value.map(one => ({ ...one, inline: true as const }));
  return { documents: known([...inlineOnes, ...read]), unread };
}

export const collectTargetRole: Collector<'targetRole'> = async c => {
  const association = await c.get('association');
  if (!association.known) return association;
  const arn = association.value?.targetRoleArn;
  if (!arn) return known(null);
  const accountId = accountOfArn(arn);
  const [target, role, policies] = await Promise.all([
    accountId === c.read.cluster.accountId
      ? readExactly(c, arn)
      : lacking({
          kind: 'unreachable',
          sentence: `The target role is in account ${accountId}, which ${
            voiceOf(c.read.cluster).me
          } cannot read.`,
        }),
    c.get('role'),
    c.get('rolePolicies'),
  ]);
  const boundary = valueOf(role)?.permissionsBoundaryArn;
  let documents: Documents = { documents: known([]), unread: [] };
  if (!policies.known) documents = { documents: policies, unread: [] };
  else if (!role.known) documents = { documents: role, unread: [] };
  else if (role.value) {
    documents = await policyDocuments(
      c,
      c.get('inlinePolicies'),
      policies.value.attached,
    );
  }
  return known({
    arn,
    externalId: association.value?.externalId,
    role: target,
    ...documents,
    ...(boundary
      ? {
          boundary: {
            name: nameOfArn(boundary),
            document: await managedDocument(c, boundary),
          },
        }
      : {}),
  });
};
