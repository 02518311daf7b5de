import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { classifyAwsError } from '../../aws/classify';
import { listManagedPolicies, readRole, type Role } from '../../aws/role';
import { tagList } from '../../aws/tags';
import { IamWrite, iamWrite } from './iamWrites';
import type { AssociateIntent } from '../associate/intents';
import { readInlinePolicy } from './liveRole';
import { ownerInWords, ownership } from '../../identity/ownership';
import { samePolicy, sameStatement } from '../../iam/policyCompare';
import { movedOn, Scope, subjectOf } from '../steps/scope';
import { readTrust, withStatement } from '../../identity/trust';
import type { PolicyDocument } from '../../iam/policyDocument';

type Intent<T extends AssociateIntent['type']> = Extract<
  AssociateIntent,
  { type: T }
>;

/** Writes to one role. */
export class RoleWrites {
  /** True once this run has made the role. */
  #isNew = false;

  constructor(
    private readonly scope: Scope,
    private readonly roleName: string,
  ) {}

  /** Carries out a step that is about the role; `undefined` for one that is not. */
  run(
    stepId: string,
    intent: AssociateIntent,
  ): Promise<string | void> | undefined {
    const write = { stepId, what: '' };
    switch (intent.type) {
      case 'create-role':
        return this.#create(write, intent);
      case 'describe-role':
        return this.#describe(write, intent);
      case 'put-trust':
        return this.#putTrust(write, intent);
      case 'put-boundary':
        return this.#putBoundary(write, intent);
      case 'tag-role':
        return this.#tag(write, intent);
      case 'attach':
        return this.#attach(write, intent);
      case 'detach':
        return this.#detach(write, intent);
      case 'put-inline':
        return this.#putInline(write, intent);
      case 'delete-inline':
        return this.#deleteInline(write, intent);
      default:
        return undefined;
    }
  }

  #write<T>(write: IamWrite, what: string, call: () => Promise<T>) {
    return iamWrite(this.scope, { ...write, what, newRole: this.#isNew }, call);
  }

  get #iam() {
    return this.scope.write.aws.iam;
  }

  /** The role as it is now, which must still be the one the plan saw. */
  async #reread(roleId: string | undefined): Promise<Role> {
    const live = await readRole(
      this.scope.read,
      this.roleName,
      this.scope.context.signal,
    );
    if (!live) throw movedOn(`Role ${this.roleName}`, 'it was deleted');
    if (roleId && live.roleId !== roleId) {
      throw movedOn(
        `Role ${this.roleName}`,
        'it was deleted and another one of that name was made',
      );
    }
    return live;
  }

  async #create(write: IamWrite, intent: Intent<'create-role'>) {
    const { scope, roleName } = this;
    try {
      await this.#write(write, `create the role ${roleName}`, () =>
        this.#iam.send(
          new CreateRoleCommand({
            RoleName: roleName,
            Path: intent.path,
            Description: intent.description,
            AssumeRolePolicyDocument: JSON.stringify(intent.trust),
            PermissionsBoundary: intent.boundaryArn,
            Tags: tagList(intent.tags),
          }),
        ),
      );
      this.#isNew = true;
      return `Created the role ${roleName}`;
    } catch (error) {
      if (!classifyAwsError(error).code.startsWith('EntityAlreadyExists')) {
        throw error;
      }
    }
    const live = await this.#reread(undefined);
    const owner = ownership(live.tags, subjectOf(scope));
    if (owner.kind === 'ours' && samePolicy(live.trustPolicy, intent.trust)) {
      return `The role ${roleName} was made meanwhile, by this portal and for this ServiceAccount`;
    }
    throw new ConflictError(
      owner.kind === 'ours'
        ? `The role ${roleName} was made meanwhile, by this portal but with another trust policy. Run it again for a fresh plan.`
        : `The name ${roleName} was taken meanwhile by a role that belongs to ${ownerInWords(
            owner,
          )}. Choose another roleName, or name it as roleArn if it is meant.`,
    );
  }

  async #describe(write: IamWrite, intent: Intent<'describe-role'>) {
    await this.#reread(intent.roleId);
    await this.#write(write, `describe the role ${this.roleName}`, () =>
      this.#iam.send(
        new UpdateRoleCommand({
          RoleName: this.roleName,
          Description: intent.description,
        }),
      ),
    );
  }

  /** Foreign statements are taken from the fresh reading, so that one added a moment ago survives. */
  async #putTrust(write: IamWrite, intent: Intent<'put-trust'>) {
    const live = await this.#reread(intent.roleId);
    const { own } = readTrust(live.trustPolicy, this.scope.target);
    const unchanged =
      own && intent.before
        ? sameStatement(own, intent.before)
        : !own && !intent.before;
    if (!unchanged) {
      throw movedOn(
        `Our trust statement in ${this.roleName}`,
        'somebody else has changed it',
      );
    }
    await this.#write(
      write,
      `change the trust policy of ${this.roleName}`,
      () =>
        this.#iam.send(
          new UpdateAssumeRolePolicyCommand({
            RoleName: this.roleName,
            PolicyDocument: JSON.stringify(
              withStatement(live.trustPolicy, intent.statement),
            ),
          }),
        ),
    );
  }

  async #putBoundary(write: IamWrite, intent: Intent<'put-boundary'>) {
    const live = await this.#reread(undefined);
    if (live.permissionsBoundaryArn === intent.boundaryArn) return;
    if (live.permissionsBoundaryArn !== intent.before) {
      throw movedOn(
        `The permissions boundary of ${this.roleName}`,
        `it is ${live.permissionsBoundaryArn ?? 'gone'}`,
      );
    }
    await this.#write(
      write,
      `put the permissions boundary on ${this.roleName}`,
      () =>
        this.#iam.send(
          new PutRolePermissionsBoundaryCommand({
            RoleName: this.roleName,
            PermissionsBoundary: intent.boundaryArn,
          }),
        ),
    );
  }

  async #tag(write: IamWrite, intent: Intent<'tag-role'>) {
    await this.#write(write, `tag the role ${this.roleName}`, () =>
      this.#iam.send(
        new TagRoleCommand({
          RoleName: this.roleName,
          Tags: tagList(intent.tags),
        }),
      ),
    );
  }

  async #attach(write: IamWrite, { policyArn }: Intent<'attach'>) {
    try {
      await this.#write(write, `attach ${policyArn} to ${this.roleName}`, () =>
        this.#iam.send(
          new AttachRolePolicyCommand({
            RoleName: this.roleName,
            PolicyArn: policyArn,
          }),
        ),
      );
    } catch (error) {
      const info = classifyAwsError(error);
      if (info.kind === 'not-found' && /policy/i.test(info.message)) {
        throw new NotFoundError(
          `managedPolicyArns: there is no policy ${policyArn} (AWS answered ${info.code}: ${info.message}). Correct the ARN and run it again.`,
        );
      }
      throw error;
    }
  }

  async #detach(write: IamWrite, { policyArn }: Intent<'detach'>) {
    const attached = await listManagedPolicies(
      this.scope.read,
      this.roleName,
      this.scope.context.signal,
    );
    if (!attached.includes(policyArn)) return 'It was detached meanwhile';
    await this.#write(write, `detach ${policyArn} from ${this.roleName}`, () =>
      this.#iam.send(
        new DetachRolePolicyCommand({
          RoleName: this.roleName,
          PolicyArn: policyArn,
        }),
      ),
    );
    return undefined;
  }

  /** The inline policy must still be what the plan saw. */
  async #rereadInline(policyName: string, before: PolicyDocument | undefined) {
    const current = await readInlinePolicy(
      this.scope.read,
      this.roleName,
      policyName,
      this.scope.context.signal,
    );
    if (current && before && !samePolicy(current, before)) {
      throw movedOn(
        `Inline policy ${policyName} of ${this.roleName}`,
        'somebody else has changed it',
      );
    }
    return current;
  }

  async #putInline(write: IamWrite, intent: Intent<'put-inline'>) {
    const { policyName, document, before } = intent;
    if (before) await this.#rereadInline(policyName, before);
    await this.#write(
      write,
      `write the inline policy ${policyName} of ${this.roleName}`,
      () =>
        this.#iam.send(
          new PutRolePolicyCommand({
            RoleName: this.roleName,
            PolicyName: policyName,
            PolicyDocument: JSON.stringify(document),
          }),
        ),
    );
  }

  async #deleteInline(write: IamWrite, intent: Intent<'delete-inline'>) {
    const { policyName, before } = intent;
    if (!(await this.#rereadInline(policyName, before))) {
      return 'It was deleted meanwhile';
    }
    await this.#write(
      write,
      `delete the inline policy ${policyName} of ${this.roleName}`,
      () =>
        this.#iam.send(
          new DeleteRolePolicyCommand({
            RoleName: this.roleName,
            PolicyName: policyName,
          }),
        ),
    );
    return undefined;
  }
}
