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

/** The default version of a managed policy; undefined when there is none. */
export async function readManagedDocument(
  session: ClusterSession,
  arn: string,
  signal?: AbortSignal,
): Promise<PolicyDocument | undefined> {
  return parsed(await readManagedPolicy(session, arn, signal));
}

/** What a role may do, as far as its documents could be found. */
export interface RoleDocuments {
  /** By name, ours and foreign. */
  inline: Map<string, PolicyDocument>;
  managed: PolicyDocument[];
}

/** Every permission document of a role; those of its managed policies only where `managed` asks for them. */
export async function readDocuments(
  session: ClusterSession,
  role: LiveRole,
  options: { managed: boolean },
  signal?: AbortSignal,
): Promise<RoleDocuments> {
  const inline = new Map<string, PolicyDocument>();
  const [managed] = await Promise.all([
    Promise.all(
      (options.managed ? role.managed : []).map(arn =>
        readManagedDocument(session, arn, signal),
      ),
    ),
    ...[...role.inline].map(async ([name, known]) => {
      const document =
        known ?? (await readInlinePolicy(session, role.name, name, signal));
      if (document) inline.set(name, document);
    }),
  ]);
  return {
    inline,
    managed: managed.filter((doc): doc is PolicyDocument => doc !== undefined),
  };
}
