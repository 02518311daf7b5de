import type { JSONWebKeySet } from 'jose';
import { current } from '../../core/propagated';
import { SessionCredentials } from '../../core/contract';
import { acceptPolicy } from '../iam/context';
import { oidcProviderArn } from '../iam/oidcProviders';
import { currentUniqueId } from '../iam/views';
import { PolicyDocument, many } from '../policy/document';
import {
  AccessKeyRecord,
  PolicyRecord,
  RoleRecord,
  UserRecord,
} from '../state/types';
import { World, roleOfArn } from '../state/world';
import { createSession, credentialsOf } from '../sts/sessions';

/** A document as text or as an object. */
export type DocumentInput = string | PolicyDocument;

const textOf = (document: DocumentInput) =>
  typeof document === 'string' ? document : JSON.stringify(document);

/** Trust policy for one service, e.g. `pods.eks.amazonaws.com`. */
export function serviceTrust(
  service: string,
  actions: string[] = ['sts:AssumeRole'],
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: service }, Action: actions },
    ],
  };
}

/** AWS's own minimal trust policy for Pod Identity. */
export const POD_IDENTITY_TRUST = serviceTrust('pods.eks.amazonaws.com', [
  'sts:AssumeRole',
  'sts:TagSession',
]);

/** What AWS recommends for the role of nodes. */
export const NODE_POLICIES = [
  'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy',
  'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly',
  'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy',
];

/** A role to create, bypassing permissions. */
export interface RoleInput {
  accountId?: string;
  name: string;
  path?: string;
  /** Default: AWS's minimal trust policy for Pod Identity. */
  trust?: DocumentInput;
  description?: string;
  inline?: Record<string, DocumentInput>;
  attached?: string[];
  boundaryArn?: string;
  tags?: Record<string, string>;
  maxSessionDuration?: number;
}

/** Direct access to IAM's state, bypassing permissions. Changes propagate like those of the API. */
export class IamDirect {
  constructor(
    private readonly world: World,
    /** The account to use when none is named. */
    private readonly mainAccount: string,
    private readonly mainRegion: string,
  ) {}

  #inlineOf(inline: Record<string, DocumentInput> | undefined) {
    const texts: Record<string, string> = {};
    for (const [name, document] of Object.entries(inline ?? {})) {
      texts[name] = textOf(document);
      acceptPolicy(texts[name], 'identity');
    }
    return texts;
  }

  #trustOf(trust: DocumentInput | undefined) {
    const text = textOf(trust ?? POD_IDENTITY_TRUST);
    const document = acceptPolicy(text, 'trust');
    const boundIds: Record<string, string> = {};
    for (const statement of many(document.Statement)) {
      const { Principal } = statement;
      for (const arn of typeof Principal === 'object'
        ? many(Principal.AWS)
        : []) {
        const id = currentUniqueId(this.world, arn);
        if (id) {
          boundIds[arn] = id;
        }
      }
    }
    return { trust: text, boundIds };
  }

  /** Creates a role. An existing role of that name is replaced and gets a new unique ID, as after delete and create. */
  putRole(given: RoleInput): RoleRecord {
    const input = this.world.inPartition(given);
    const accountId = input.accountId ?? this.mainAccount;
    const path = input.path ?? '/';
    const role: RoleRecord = {
      name: input.name,
      path,
      arn: this.world.iamArn(accountId, `role${path}${input.name}`),
      roleId: this.world.ids.iam('AROA'),
      createdAt: this.world.now(),
      description: input.description,
      maxSessionDuration: input.maxSessionDuration ?? 3600,
      ...this.#trustOf(input.trust),
      inline: this.#inlineOf(input.inline),
      attached: input.attached ?? [],
      boundaryArn: input.boundaryArn,
      tags: input.tags ?? {},
    };
    const { roles } = this.world.account(accountId);
    this.world.writeIam(roles, role.name, role);
    return role;
  }

  /** Changes parts of a role and keeps the rest, including its ID. */
  updateRole(
    arn: string,
    given: Omit<Partial<RoleInput>, 'accountId' | 'name' | 'path'>,
  ): RoleRecord {
    const role = this.role(arn);
    const change = this.world.inPartition(given);
    const updated: RoleRecord = {
      ...role,
      ...(change.trust !== undefined && this.#trustOf(change.trust)),
      ...(change.inline !== undefined && {
        inline: this.#inlineOf(change.inline),
      }),
      ...(change.attached !== undefined && { attached: change.attached }),
      ...(change.tags !== undefined && { tags: change.tags }),
      ...(change.description !== undefined && {
        description: change.description,
      }),
      ...('boundaryArn' in change && { boundaryArn: change.boundaryArn }),
      ...(change.maxSessionDuration && {
        maxSessionDuration: change.maxSessionDuration,
      }),
    };
    const { accountId } = roleOfArn(arn)!;
    this.world.writeIam(
      this.world.account(accountId).roles,
      role.name,
      updated,
    );
    return updated;
  }

  /** Deletes a role without an API call, whatever is attached to it. */
  deleteRole(arn: string): void {
    const role = this.role(arn);
    const account = this.world.account(roleOfArn(arn)!.accountId);
    for (const profile of account.instanceProfiles.values()) {
      if (profile.roleName === role.name) {
        profile.roleName = undefined;
      }
    }
    this.world.writeIam(account.roles, role.name, undefined);
  }

  /** The role as IAM returns it; throws when it does not exist. */
  role(arn: string): RoleRecord {
    const role = this.findRole(arn);
    if (!role) {
      throw new Error(`There is no role ${arn}`);
    }
    return role;
  }

  /** The role as IAM returns it. */
  findRole(given: string): RoleRecord | undefined {
    const arn = this.world.inPartition(given);
    const parts = roleOfArn(arn);
    const role = parts && this.world.role(parts.accountId, parts.name);
    return role?.arn === arn ? role : undefined;
  }

  /** All roles of an account. */
  roles(accountId = this.mainAccount): RoleRecord[] {
    return [...this.world.account(accountId).roles.values()]
      .map(current)
      .filter((role): role is RoleRecord => role !== undefined);
  }

  /** Creates a customer-managed policy, or gives an existing one a new default document. */
  putPolicy(input: {
    accountId?: string;
    name: string;
    path?: string;
    document: DocumentInput;
  }): PolicyRecord {
    const accountId = input.accountId ?? this.mainAccount;
    const path = input.path ?? '/';
    const document = textOf(this.world.inPartition(input.document));
    acceptPolicy(document, 'identity');
    const arn = this.world.iamArn(accountId, `policy${path}${input.name}`);
    const account = this.world.account(accountId);
    const before = current(account.policies.get(arn));
    const now = this.world.now();
    const id = `v${(before?.versions.length ?? 0) + 1}`;
    const policy: PolicyRecord = {
      name: input.name,
      path,
      arn,
      policyId: before?.policyId ?? this.world.ids.iam('ANPA'),
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      versions: [...(before?.versions ?? []), { id, document, createdAt: now }],
      defaultVersionId: id,
      tags: before?.tags ?? {},
    };
    this.world.writeIam(account.policies, arn, policy);
    return policy;
  }

  /** Creates a user with an access key. */
  putUser(input: {
    accountId?: string;
    name: string;
    path?: string;
    inline?: Record<string, DocumentInput>;
    attached?: string[];
    boundaryArn?: string;
    tags?: Record<string, string>;
  }): { user: UserRecord; key: AccessKeyRecord } {
    const accountId = input.accountId ?? this.mainAccount;
    const path = input.path ?? '/';
    const user: UserRecord = {
      name: input.name,
      path,
      arn: this.world.iamArn(accountId, `user${path}${input.name}`),
      userId: this.world.ids.iam('AIDA'),
      createdAt: this.world.now(),
      inline: this.#inlineOf(this.world.inPartition(input.inline)),
      attached: this.world.inPartition(input.attached ?? []),
      boundaryArn: this.world.inPartition(input.boundaryArn),
      tags: input.tags ?? {},
    };
    this.world.writeIam(this.world.account(accountId).users, user.name, user);
    const key: AccessKeyRecord = {
      accessKeyId: this.world.ids.iam('AKIA'),
      secretAccessKey: this.world.ids.secret(),
      accountId,
      userName: user.name,
      createdAt: this.world.now(),
      active: true,
    };
    this.world.state.accessKeys.set(key.accessKeyId, key);
    this.world.core.secrets.add('secret access key', key.secretAccessKey);
    return { user, key };
  }

  /** Creates an instance profile with a role. */
  putInstanceProfile(input: {
    accountId?: string;
    name: string;
    roleName?: string;
  }): void {
    const accountId = input.accountId ?? this.mainAccount;
    this.world.account(accountId).instanceProfiles.set(input.name, {
      name: input.name,
      path: '/',
      arn: this.world.iamArn(accountId, `instance-profile/${input.name}`),
      id: this.world.ids.iam('AIPA'),
      createdAt: this.world.now(),
      roleName: input.roleName,
      tags: {},
    });
  }

  /** Makes an account trust an OpenID Connect issuer, which IRSA needs. */
  putOidcProvider(input: {
    accountId?: string;
    url: string;
    clientIds?: string[];
  }): string {
    const accountId = input.accountId ?? this.mainAccount;
    const arn = oidcProviderArn(this.world, accountId, input.url);
    this.world.account(accountId).oidcProviders.set(arn, {
      arn,
      url: input.url,
      clientIds: input.clientIds ?? ['sts.amazonaws.com'],
      thumbprints: [],
      createdAt: this.world.now(),
      tags: {},
    });
    return arn;
  }

  /** Has an issuer that is no cluster, such as GitHub's, publish the keys of its tokens. */
  putOidcIssuer(input: { url: string; keys: JSONWebKeySet }): void {
    this.world.state.issuers.set(input.url, input.keys);
  }

  /** Sets the service control policies of an account; an empty list removes them. */
  setServiceControlPolicies(input: {
    accountId?: string;
    documents: DocumentInput[];
  }): void {
    const account = this.world.account(input.accountId ?? this.mainAccount);
    account.serviceControlPolicies = this.world
      .inPartition(input.documents)
      .map(textOf);
  }

  /** Credentials of a role, bypassing its trust policy. */
  sessionOf(input: {
    roleArn: string;
    sessionName?: string;
    durationSeconds?: number;
    policies?: DocumentInput[];
    tags?: Record<string, string>;
  }): SessionCredentials {
    const session = createSession(this.world, {
      role: this.role(input.roleArn),
      accountId: roleOfArn(input.roleArn)!.accountId,
      sessionName: input.sessionName ?? 'sandbox',
      durationSeconds: input.durationSeconds ?? 3600,
      policies: this.world.inPartition(input.policies)?.map(textOf),
      tags: input.tags,
      origin: 'sts',
      region: this.mainRegion,
    });
    return credentialsOf(session);
  }

  /** Makes temporary credentials expire at once. */
  expireSession(accessKeyId: string): void {
    const session = this.world.state.sessions.get(accessKeyId);
    if (!session) {
      throw new Error(`There is no session with the key ${accessKeyId}`);
    }
    session.expiresAt = Date.now() - 1_000;
  }
}
