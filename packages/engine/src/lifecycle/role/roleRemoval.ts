import { EarlyReading } from '../../async/EarlyReading';
import { packages } from '../../async/packages';
import {
  listInlinePolicies,
  listInstanceProfiles,
  listManagedPolicies,
  readRole,
  type Role,
} from '../../aws/role';
import type { FoundRole } from './findRoles';
import {
  detachment,
  IamCall,
  iamWrite,
  inlineDeletion,
  roleLane,
  waitWhileBusy,
} from './iamWrites';
import { samePolicy, sameStatement } from '../../iam/policyCompare';
import { isGone } from '../steps/gone';
import { changedSincePlan, Scope } from '../steps/scope';
import type { Deed, RunningStep } from '../steps/Step';
import { write } from '../steps/write';
import { readTrust, withoutStatement } from '../../identity/trust';
import { deed, type DeedWords } from '../steps/deed';

const GONE = 'It is gone already';

/** A role as it is just before its removal. */
interface RoleNow extends Role {
  /** ARNs. */
  managed: string[];
  /** Names. */
  inline: string[];
  /** Names. */
  instanceProfiles: string[];
}

const sameNames = (a: Iterable<string>, b: Iterable<string>) =>
  [...a].sort().join(' ') === [...b].sort().join(' ');

/**
 * The deeds that remove one role, under its lease, after reading it completely again. That reading begins beside the
 * removal of the association, and is repeated when the association took longer to disappear.
 */
export class RoleRemoval {
  readonly #scope: Scope;
  readonly #role: FoundRole;
  readonly #reading: EarlyReading<'there' | 'gone'>;
  #state?: Promise<'there' | 'gone'>;

  constructor(scope: Scope, role: FoundRole) {
    this.#scope = scope;
    this.#role = role;
    this.#reading = new EarlyReading(scope.context.clock, () =>
      this.#readWhole(),
    );
  }

  detach(policyArn: string): Deed {
    return this.#part(detachment(this.#scope, this.#role.name, policyArn));
  }

  deleteInline(policyName: string): Deed {
    return this.#part(inlineDeletion(this.#scope, this.#role.name, policyName));
  }

  deleteRole(): Deed {
    const { name } = this.#role;
    return this.#wholeRoleDeed(deed('delete', `the role ${name}`), async step =>
      (await this.#readOnce()) === 'gone' ? GONE : this.#deleteRole(step),
    );
  }

  removeStatement(): Deed {
    return this.#deed(
      deed(
        'take',
        `the trust statement of this service account out of ${this.#role.name}`,
      ),
      step => this.#removeStatement(step),
    );
  }

  #part({ send, ...said }: IamCall): Deed {
    return this.#wholeRoleDeed(said, async step => {
      if ((await this.#readOnce()) === 'gone') return GONE;
      try {
        await iamWrite(this.#scope, step, send, this.#role);
      } catch (error) {
        if (!(await isGone(error, () => this.#isThere()))) throw error;
      }
      return undefined;
    });
  }

  #deed(said: DeedWords, run: Deed['run']): Deed {
    const { arn } = this.#role;
    return { ...said, lane: roleLane(`role ${arn}`, arn), run };
  }

  #wholeRoleDeed(said: DeedWords, run: Deed['run']): Deed {
    return { ...this.#deed(said, run), readAhead: () => this.#reading.begin() };
  }

  /** Read once for all parts: after the first part our own writes change the role. */
  #readOnce(): Promise<'there' | 'gone'> {
    this.#state ??= this.#reading.get();
    return this.#state;
  }

  async #isThere(): Promise<boolean> {
    const { read, context } = this.#scope;
    const now = await readRole(read, this.#role.name, context.signal);
    return now?.roleId === this.#role.roleId;
  }

  get #iam() {
    return this.#scope.write.aws.iam;
  }

  /** The role as it is now, with the names of everything on it. */
  async #readNow(): Promise<RoleNow | undefined> {
    const { read, context } = this.#scope;
    const { name } = this.#role;
    const { signal } = context;
    const role = await readRole(read, name, signal);
    if (!role) return undefined;
    const [managed, inline, instanceProfiles] = await Promise.all([
      listManagedPolicies(read, name, signal),
      listInlinePolicies(read, name, signal),
      listInstanceProfiles(read, name, signal),
    ]);
    return { ...role, managed, inline, instanceProfiles };
  }

  /** Checks that the role is as planned or gone; any other state stops before the first write. */
  async #readWhole(): Promise<'there' | 'gone'> {
    const role = this.#role;
    const now = await this.#readNow();
    if (!now) return 'gone';
    const what = `Role ${role.name}`;
    if (now.roleId !== role.roleId) {
      throw changedSincePlan(
        what,
        'it was deleted and another one of that name was made',
      );
    }
    const [profile] = now.instanceProfiles;
    if (profile) {
      throw changedSincePlan(what, `the instance profile ${profile} holds it`);
    }
    if (!samePolicy(now.trustPolicy, role.trustPolicy)) {
      throw changedSincePlan(what, 'its trust policy was changed');
    }
    if (
      !sameNames(
        Object.entries(now.tags).flat(),
        Object.entries(role.tags).flat(),
      )
    ) {
      throw changedSincePlan(what, 'its tags were changed');
    }
    if (!sameNames(now.managed, role.managed)) {
      throw changedSincePlan(what, 'its managed policies were changed');
    }
    if (!sameNames(now.inline, role.inline.keys())) {
      throw changedSincePlan(what, 'its inline policies were changed');
    }
    return 'there';
  }

  /** IAM may still count a policy that was just detached. */
  async #deleteRole(step: RunningStep): Promise<string> {
    const role = this.#role;
    const scope = this.#scope;
    const { timings } = scope.context.config;
    try {
      await write(
        scope,
        step,
        () =>
          this.#iam.send(
            new packages.iam.DeleteRoleCommand({ RoleName: role.name }),
          ),
        {
          deadlineMs: timings.rolePropagation,
          waitFor: info => this.#deletable(info.code),
        },
      );
    } catch (error) {
      if (!(await isGone(error, () => this.#isThere()))) throw error;
    }
    return `The role ${role.name} is gone`;
  }

  /** After a DeleteConflict: waits for our own removals, but fails if another caller attached something. */
  async #deletable(code: string): Promise<string | undefined> {
    const role = this.#role;
    const busy = waitWhileBusy(code);
    if (busy) return busy;
    if (!code.startsWith('DeleteConflict')) return undefined;
    const now = await this.#readNow();
    const added = [
      ...(now?.instanceProfiles ?? []),
      ...(now?.managed ?? []).filter(arn => !role.managed.includes(arn)),
      ...(now?.inline ?? []).filter(name => !role.inline.has(name)),
    ];
    if (added.length) {
      throw changedSincePlan(
        `Role ${role.name}`,
        `${added.join(', ')} was put on it meanwhile`,
      );
    }
    return 'Waiting until IAM has seen that nothing is attached to the role any more';
  }

  /** Foreign statements come from a fresh read, so that one just added survives. */
  async #removeStatement(step: RunningStep): Promise<string | void> {
    const role = this.#role;
    const scope = this.#scope;
    const now = await readRole(scope.read, role.name, scope.context.signal);
    if (!now) return 'The role is gone already';
    const { target } = scope;
    const before = readTrust(role.trustPolicy, target).own;
    const { own, document } = readTrust(now.trustPolicy, target);
    if (!own) return 'The statement is gone already';
    if (now.roleId !== role.roleId || !before || !sameStatement(own, before)) {
      throw changedSincePlan(
        `Our trust statement in ${role.name}`,
        'another caller has changed it',
      );
    }
    const rest = withoutStatement(document, target);
    if (!rest.Statement.length) {
      throw changedSincePlan(
        `The trust policy of ${role.name}`,
        'our statement is the only one left, so the role itself can be removed',
      );
    }
    await iamWrite(
      scope,
      step,
      () =>
        this.#iam.send(
          new packages.iam.UpdateAssumeRolePolicyCommand({
            RoleName: role.name,
            PolicyDocument: JSON.stringify(rest),
          }),
        ),
      role,
    );
    return undefined;
  }
}
