import {
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy as readInlineDocument,
  readManagedPolicy,
  type Role,
} from '../../aws/role';
import type { ClusterSession } from '../../clusters/types';
import { isOurInlinePolicy } from '../../identity/names';
import { parsePolicyDocument, PolicyDocument } from '../../iam/policyDocument';

/** A role with its policies. */
export interface LiveRole extends Role {
  /** ARNs. */
  managed: string[];
  /** Name → document; `undefined` for foreign policies, whose documents are not read. */
  inline: Map<string, PolicyDocument | undefined>;
}

function parsed(document: unknown): PolicyDocument | undefined {
  return document === undefined ? undefined : parsePolicyDocument(document);
}

/** One inline policy; `undefined` when there is none. */
export async function readInlinePolicy(
  session: ClusterSession,
  roleName: string,
  policyName: string,
  signal?: AbortSignal,
): Promise<PolicyDocument | undefined> {
  return parsed(
    await readInlineDocument(session, roleName, policyName, signal),
  );
}

/** Adds the policies to a role that has been read; the documents of inline policies only where they are ours. */
export async function withPolicies(
  session: ClusterSession,
  role: Role,
  signal?: AbortSignal,
): Promise<LiveRole> {
  const [managed, inlineNames] = await Promise.all([
    listManagedPolicies(session, role.name, signal),
    listInlinePolicies(session, role.name, signal),
  ]);
  const inline = new Map<string, PolicyDocument | undefined>(
    await Promise.all(
      inlineNames.map(
        async (name): Promise<[string, PolicyDocument | undefined]> => [
          name,
          isOurInlinePolicy(name)
            ? await readInlinePolicy(session, role.name, name, signal)
            : undefined,
        ],
      ),
    ),
  );
  return { ...role, managed, inline };
}

/** Every inline policy of a role with its document, ours and foreign. */
export async function readInlineDocuments(
  session: ClusterSession,
  role: LiveRole,
  signal?: AbortSignal,
): Promise<Map<string, PolicyDocument>> {
  const documents = new Map<string, PolicyDocument>();
  await Promise.all(
    [...role.inline].map(async ([name, known]) => {
      const document =
        known ?? (await readInlinePolicy(session, role.name, name, signal));
      if (document) documents.set(name, document);
    }),
  );
  return documents;
}

/** The default version of a managed policy; undefined when there is none. */
export async function readManagedDocument(
  session: ClusterSession,
  arn: string,
  signal?: AbortSignal,
): Promise<PolicyDocument | undefined> {
  return parsed(await readManagedPolicy(session, arn, signal));
}

/** Every permission document of a role, inline and managed, to judge a foreign role. */
export async function readPermissionDocuments(
  session: ClusterSession,
  role: LiveRole,
  signal?: AbortSignal,
): Promise<PolicyDocument[]> {
  const documents = await Promise.all([
    ...[...role.inline].map(([name, known]) =>
      known
        ? Promise.resolve(known)
        : readInlinePolicy(session, role.name, name, signal),
    ),
    ...role.managed.map(arn => readManagedDocument(session, arn, signal)),
  ]);
  return documents.filter((doc): doc is PolicyDocument => doc !== undefined);
}
