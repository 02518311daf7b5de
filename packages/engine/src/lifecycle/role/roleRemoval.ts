import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { classifyAwsError } from '../../aws/classify';
import { listInstanceProfiles } from '../../aws/role';
import type { FoundRole } from './findRoles';
import { iamWrite } from './iamWrites';
import { readLiveRole } from './liveRole';
import { samePolicy, sameStatement } from '../../iam/policyCompare';
import { retrying } from '../steps/retrying';
import { movedOn, Scope, writing } from '../steps/scope';
import type { TeardownIntent } from '../teardown/teardownIntents';
import { readTrust, withoutStatement } from '../../identity/trust';

type RoleIntent = Extract<TeardownIntent, { role: FoundRole }>;

const sameNames = (a: Iterable<string>, b: Iterable<string>) =>
  [...a].sort().join(' ') === [...b].sort().join(' ');

/** Takes one role apart, under its lease, having looked at it whole once more. */
export class RoleRemoval {
  #looked?: Promise<'there' | 'gone'>;

  constructor(
    private readonly scope: Scope,
    private readonly role: FoundRole,
  ) {}

  inWords(intent: RoleIntent): string {
    const { name } = this.role;
    switch (intent.type) {
      case 'detach':
        return `detach ${intent.policyArn} from ${name}`;
      case 'delete-inline':
        return `delete the inline policy ${intent.policyName} of ${name}`;
      case 'remove-statement':
        return `take the trust statement of this ServiceAccount out of ${name}`;
      default:
        return `delete the role ${name}`;
    }
  }

  async run(stepId: string, intent: RoleIntent): Promise<string | void> {
    if (intent.type === 'remove-statement') {
      return this.#removeStatement(stepId);
    }
    // Once for all parts: from the second on it is our own work that changes the role.
    this.#looked ??= this.#lookWhole();
    if ((await this.#looked) === 'gone') return 'It is gone already';
    switch (intent.type) {
      case 'detach':
        return this.#remove(stepId, intent, () =>
          this.#iam.send(
            new DetachRolePolicyCommand({
              RoleName: this.role.name,
              PolicyArn: intent.policyArn,
            }),
          ),
        );
      case 'delete-inline':
        return this.#remove(stepId, intent, () =>
          this.#iam.send(
            new DeleteRolePolicyCommand({
              RoleName: this.role.name,
              PolicyName: intent.policyName,
            }),
          ),
        );
      default:
        return this.#deleteRole(stepId, intent);
    }
  }

  get #iam() {
    return this.scope.write.aws.iam;
  }

  /** The role as the plan saw it, or gone; anything else stops everything before the first part is taken. */
  async #lookWhole(): Promise<'there' | 'gone'> {
    const { role, scope } = this;
    const { signal } = scope.context;
    const now = await readLiveRole(scope.read, role.name, signal);
    if (!now) return 'gone';
    const what = `Role ${role.name}`;
    if (now.roleId !== role.roleId) {
      throw movedOn(
        what,
        'it was deleted and another one of that name was made',
      );
    }
    const profiles = await listInstanceProfiles(scope.read, role.name, signal);
    if (profiles.length) {
      throw movedOn(what, `the instance profile ${profiles[0]} holds it`);
    }
    if (!samePolicy(now.trustPolicy, role.trustPolicy)) {
      throw movedOn(what, 'its trust policy was changed');
    }
    if (
      !sameNames(
        Object.entries(now.tags).flat(),
        Object.entries(role.tags).flat(),
      )
    ) {
      throw movedOn(what, 'its tags were changed');
    }
    if (!sameNames(now.managed, role.managed)) {
      throw movedOn(what, 'its managed policies were changed');
    }
    if (!sameNames(now.inline.keys(), role.inline.keys())) {
      throw movedOn(what, 'its inline policies were changed');
    }
    return 'there';
  }

  async #remove(
    stepId: string,
    intent: RoleIntent,
    call: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await iamWrite(this.scope, { stepId, what: this.inWords(intent) }, call);
    } catch (error) {
      if (classifyAwsError(error).kind !== 'not-found') throw error;
    }
  }

  /** What was detached a moment ago may still count for IAM. */
  async #deleteRole(stepId: string, intent: RoleIntent): Promise<string> {
    const { role, scope } = this;
    const { timings } = scope.context.config;
    try {
      await retrying(
        scope,
        {
          stepId,
          deadlineMs: timings.rolePropagation,
          waitFor: info => this.#deletable(info.code),
        },
        () =>
          writing(scope, this.inWords(intent), () =>
            this.#iam.send(new DeleteRoleCommand({ RoleName: role.name })),
          ),
      );
    } catch (error) {
      if (classifyAwsError(error).kind !== 'not-found') throw error;
    }
    return `The role ${role.name} is gone`;
  }

  /** After a DeleteConflict: waits for our own removals, but not for what somebody else has put there. */
  async #deletable(code: string): Promise<string | undefined> {
    const { role, scope } = this;
    const { signal } = scope.context;
    if (/^(ConcurrentModification|EntityTemporarilyUnmodifiable)/.test(code)) {
      return 'IAM is busy with another change of the role';
    }
    if (!code.startsWith('DeleteConflict')) return undefined;
    const [now, profiles] = await Promise.all([
      readLiveRole(scope.read, role.name, signal),
      listInstanceProfiles(scope.read, role.name, signal),
    ]);
    const added = [
      ...profiles,
      ...(now?.managed ?? []).filter(arn => !role.managed.includes(arn)),
      ...[...(now?.inline.keys() ?? [])].filter(name => !role.inline.has(name)),
    ];
    if (added.length) {
      throw movedOn(
        `Role ${role.name}`,
        `${added.join(', ')} was put on it meanwhile`,
      );
    }
    return 'Waiting until IAM has seen that nothing is attached to the role any more';
  }

  /** Foreign statements are taken from a fresh reading, so that one added a moment ago survives. */
  async #removeStatement(stepId: string): Promise<string | void> {
    const { role, scope } = this;
    const now = await readLiveRole(scope.read, role.name, scope.context.signal);
    if (!now) return 'The role is gone already';
    const { target } = scope;
    const before = readTrust(role.trustPolicy, target).own;
    const { own, document } = readTrust(now.trustPolicy, target);
    if (!own) return 'The statement is gone already';
    if (now.roleId !== role.roleId || !before || !sameStatement(own, before)) {
      throw movedOn(
        `Our trust statement in ${role.name}`,
        'somebody else has changed it',
      );
    }
    const rest = withoutStatement(document, target);
    if (!rest.Statement.length) {
      throw movedOn(
        `The trust policy of ${role.name}`,
        'ours is the only statement left, so that the role itself can go',
      );
    }
    await iamWrite(
      scope,
      { stepId, what: this.inWords({ type: 'remove-statement', role }) },
      () =>
        this.#iam.send(
          new UpdateAssumeRolePolicyCommand({
            RoleName: role.name,
            PolicyDocument: JSON.stringify(rest),
          }),
        ),
    );
    return undefined;
  }
}
