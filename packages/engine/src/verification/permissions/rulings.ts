import { nameOfArn } from '../../aws/arn';
import {
  listInlinePolicies,
  listManagedPolicies,
  readManagedPolicy,
} from '../../aws/role';
import { globMatches } from '../../iam/glob';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { readPermissionAnswer } from './permissionErrors';
import { inlineDocuments, policyDocuments } from '../role/awsRole';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, known, valueOf } from '../framework/fact';
import type { RulingFact } from '../framework/facts/permissions';

interface Call {
  action: string;
  resource?: string;
}

const glob = (pattern: unknown, text: string) =>
  globMatches(String(pattern), text, { single: true });

/** Without a resource in the answer of AWS every statement on the action may be the one. */
function covers(statement: PolicyStatement, { action, resource }: Call) {
  const wanted = action.toLowerCase();
  const actions = (list: unknown) =>
    asList(list).some(one => glob(String(one).toLowerCase(), wanted));
  const resources = (list: unknown) =>
    resource === undefined || asList(list).some(one => glob(one, resource));
  const onAction =
    statement.NotAction === undefined
      ? actions(statement.Action)
      : !actions(statement.NotAction);
  const onResource =
    statement.NotResource === undefined
      ? resources(statement.Resource)
      : resource === undefined || !resources(statement.NotResource);
  return onAction && onResource;
}

/** A document in force for the pod. */
interface InForce extends Pick<RulingFact, 'layer'> {
  name: string;
  document: unknown;
  inline?: true;
}

/** Statements of one policy that speak of the call. */
export function rulingsOf(
  { name, layer, document, inline }: InForce,
  call: Call,
): RulingFact[] {
  const policy = parsePolicyDocument(document);
  return policy.Statement.flatMap((statement, index) =>
    covers(statement, call)
      ? [
          {
            action: call.action,
            policy: name,
            layer,
            statement: statement.Sid
              ? `"${statement.Sid}"`
              : `number ${index + 1}`,
            effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
            conditional: statement.Condition !== undefined,
            ...(inline && statement.Effect === 'Deny'
              ? { inline: { index, document: policy } }
              : {}),
          } as const,
        ]
      : [],
  );
}

async function effectiveRole(c: Collecting) {
  const target = valueOf(await c.get('targetRole'));
  return target ? valueOf(target.role) : valueOf(await c.get('role'));
}

async function documentsInForce(c: Collecting): Promise<InForce[]> {
  const [association, role] = await Promise.all([
    c.get('association'),
    effectiveRole(c),
  ]);
  const session = valueOf(association)?.policy;
  const boundary = role?.permissionsBoundaryArn;
  const [own, limits] = await Promise.all([
    role
      ? Promise.all([
          listManagedPolicies(c.read, role.name, c.signal),
          listInlinePolicies(c.read, role.name, c.signal),
        ]).then(([attached, inline]) =>
          policyDocuments(c, inlineDocuments(c, role, inline), attached),
        )
      : undefined,
    boundary
      ? readManagedPolicy(c.read, boundary, c.signal).catch(() => undefined)
      : undefined,
  ]);
  return [
    ...((own && valueOf(own.documents)) ?? []).map(one => ({
      ...one,
      layer: 'identity policy' as const,
    })),
    ...(boundary && limits !== undefined
      ? [
          {
            name: nameOfArn(boundary),
            layer: 'permissions boundary' as const,
            document: limits,
          },
        ]
      : []),
    ...(session
      ? [
          {
            name: 'of the session',
            layer: 'session policy' as const,
            document: session,
          },
        ]
      : []),
  ];
}

/** Policies are read only after AWS has denied a command and named the action. */
export const collectRulings: Collector<'rulings'> = async (
  c,
): Promise<Fact<RulingFact[]>> => {
  const run = await c.get('podRun');
  if (!run.known) return run;
  const calls = Object.values(run.value.permissions)
    .map(readPermissionAnswer)
    .filter(reading => reading.kind === 'denied')
    .flatMap(({ action, resource }) => (action ? [{ action, resource }] : []));
  if (calls.length === 0) return known([]);
  const documents = await documentsInForce(c);
  return known(
    calls.flatMap(call =>
      documents.flatMap(document => rulingsOf(document, call)),
    ),
  );
};
