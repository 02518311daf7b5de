import { nameInWords } from 'backstage-plugin-eks-pod-identity-common';
import { packages } from '../../async/packages';
import { nameOfArn } from '../../aws/arn';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { classifyAwsError } from '../../aws/classify';
import { listManagedPolicies, readRole, type Role } from '../../aws/role';
import { tagList } from '../../aws/tags';
import { samePolicy, sameStatement } from '../../iam/policyCompare';
import type { PolicyDocument, PolicyStatement } from '../../iam/policyDocument';
import { ownerInWords, ownership, type Tags } from '../../identity/ownership';
import { readTrust, withStatement } from '../../identity/trust';
import { changedSincePlan, Scope, subjectOf } from '../steps/scope';
import type { Deed, RunningStep } from '../steps/Step';
import { detachment, iamWrite, inlineDeletion, roleLane } from './iamWrites';
import { readInlinePolicy } from './liveRole';
import { deed, type DeedWords } from '../steps/deed';

/** A role to be created. */
interface WantedRole {
  path: string;
  description: string;
  trust: PolicyDocument;
  boundaryArn?: string;
  tags: Tags;
}

/** The writes of one plan to one role, each as a step's deed. */
export class RoleWrites {
  readonly #scope: Scope;
  readonly #arn: string;
  readonly #name: string;
  readonly #planned: Role | undefined;
  /** True once a step of this plan has created the role. */
  #isNew = false;
  #confirming: Promise<Role> | undefined;

  /** @param planned - the role as the plan saw it; undefined for one that it creates */
  constructor(scope: Scope, roleArn: string, planned: Role | undefined) {
    this.#scope = scope;
    this.#planned = planned;
    this.#arn = roleArn;
    this.#name = nameOfArn(roleArn);
  }

  create(wanted: WantedRole): Deed {
    const name = this.#name;
    return this.#deed(deed('create', `the role ${name}`), async step => {
      try {
        await this.#write(step, () =>
          this.#iam.send(
            new packages.iam.CreateRoleCommand({
              RoleName: name,
              Path: wanted.path,
              Description: wanted.description,
              AssumeRolePolicyDocument: JSON.stringify(wanted.trust),
              PermissionsBoundary: wanted.boundaryArn,
              Tags: tagList(wanted.tags),
            }),
          ),
        );
        this.#isNew = true;
        return `Created the role ${name}`;
      } catch (error) {
        if (!classifyAwsError(error).code.startsWith('EntityAlreadyExists')) {
          throw error;
        }
      }
      return this.#acceptExisting(wanted);
    });
  }

  /** Called when the name was taken between plan and write. */
  async #acceptExisting({ trust }: WantedRole): Promise<string> {
    const name = this.#name;
    const live = await this.#reread();
    const { voice } = this.#scope;
    const owner = ownership(live.tags, subjectOf(this.#scope));
    if (owner.kind === 'ours' && samePolicy(live.trustPolicy, trust)) {
      return `The role ${name} was made meanwhile, by ${voice.us} and for this service account`;
    }
    throw new ConflictError(
      owner.kind === 'ours'
        ? `The role ${name} was made meanwhile, by ${voice.us} but with another trust policy. Run it again for a fresh plan.`
        : `The name ${name} was taken meanwhile by a role that belongs to ${ownerInWords(
            owner,
            voice,
          )}. A new role needs another name; if this role is meant, choose it as an existing role.`,
    );
  }

  /**
   * Reads the role again: it has to be the one of the plan, with the owner that the plan saw. Steps that run side by
   * side share one answer; a role that this plan has created needs none.
   *
   * @returns the role as it is now; undefined for one that this plan has created
   * @throws ConflictError when it is another role, or another's
   */
  async confirm(): Promise<Role | undefined> {
    if (this.#isNew) return undefined;
    this.#confirming ??= this.#compare().finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  async #compare(): Promise<Role> {
    const live = await this.#reread(this.#planned?.roleId);
    const subject = subjectOf(this.#scope);
    const planned = this.#planned?.tags;
    const owner = planned ? ownership(planned, subject).kind : 'ours';
    if (ownership(live.tags, subject).kind !== owner) {
      throw changedSincePlan(`Role ${this.#name}`, 'its owner is another now');
    }
    return live;
  }

  describe(description: string, ifStill: { roleId: string }): Deed {
    const said = deed('describe', `the role ${this.#name}`);
    return this.#deed(said, async step => {
      const live = await this.#reread(ifStill.roleId);
      await this.#write(step, () =>
        this.#iam.send(
          new packages.iam.UpdateRoleCommand({
            RoleName: this.#name,
            Description: description,
            // IAM sets one hour where it is left out
            MaxSessionDuration: live.maxSessionDurationSeconds,
          }),
        ),
      );
    });
  }

  /**
   * Writes our trust statement. Foreign statements come from a fresh read, so that one just added survives.
   *
   * @param ifStill - `own` is our statement as the plan saw it
   */
  putTrust(
    statement: PolicyStatement,
    ifStill: { roleId: string; own?: PolicyStatement },
  ): Deed {
    const { namespace, serviceAccount } = this.#scope.ref;
    const said = deed(
      'let',
      `${namespace}/${serviceAccount} into the trust policy of ${this.#name}`,
    );
    return this.#deed(said, async step => {
      const live = await this.#reread(ifStill.roleId);
      const { own } = readTrust(live.trustPolicy, this.#scope.target);
      const unchanged =
        own && ifStill.own
          ? sameStatement(own, ifStill.own)
          : !own && !ifStill.own;
      if (!unchanged) {
        throw changedSincePlan(
          `Our trust statement in ${this.#name}`,
          'another caller has changed it',
        );
      }
      await this.#write(step, () =>
        this.#iam.send(
          new packages.iam.UpdateAssumeRolePolicyCommand({
            RoleName: this.#name,
            PolicyDocument: JSON.stringify(
              withStatement(live.trustPolicy, statement),
            ),
          }),
        ),
      );
    });
  }

  putBoundary(boundaryArn: string, ifStill: { boundaryArn?: string }): Deed {
    const said = deed('put', `the permissions boundary on ${this.#name}`);
    return this.#deed(said, async step => {
      const live = await this.#reread();
      if (live.permissionsBoundaryArn === boundaryArn) return;
      if (live.permissionsBoundaryArn !== ifStill.boundaryArn) {
        throw changedSincePlan(
          `The permissions boundary of ${this.#name}`,
          `it is ${live.permissionsBoundaryArn ?? 'gone'}`,
        );
      }
      await this.#write(step, () =>
        this.#iam.send(
          new packages.iam.PutRolePermissionsBoundaryCommand({
            RoleName: this.#name,
            PermissionsBoundary: boundaryArn,
          }),
        ),
      );
    });
  }

  tag(tags: Tags): Deed {
    return this.#deed(deed('tag', `the role ${this.#name}`), async step => {
      await this.confirm();
      await this.#write(step, () =>
        this.#iam.send(
          new packages.iam.TagRoleCommand({
            RoleName: this.#name,
            Tags: tagList(tags),
          }),
        ),
      );
    });
  }

  attach(policyArn: string): Deed {
    return this.#deed(
      deed('attach', `${nameInWords(policyArn)} to ${this.#name}`),
      async step => {
        await this.confirm();
        try {
          await this.#write(step, () =>
            this.#iam.send(
              new packages.iam.AttachRolePolicyCommand({
                RoleName: this.#name,
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
      },
    );
  }

  detach(policyArn: string): Deed {
    const { send, ...said } = detachment(this.#scope, this.#name, policyArn);
    return this.#deed(said, async step => {
      const [attached] = await Promise.all([
        listManagedPolicies(
          this.#scope.read,
          this.#name,
          this.#scope.context.signal,
        ),
        this.confirm(),
      ]);
      if (!attached.includes(policyArn)) return 'It was detached meanwhile';
      await this.#write(step, send);
      return undefined;
    });
  }

  putInline(
    policyName: string,
    document: object,
    ifStill: { document?: PolicyDocument },
  ): Deed {
    const said = deed(
      'write',
      `the inline policy ${policyName} of ${this.#name}`,
    );
    return this.#deed(said, async step => {
      await Promise.all([
        this.confirm(),
        ifStill.document && this.#rereadInline(policyName, ifStill),
      ]);
      await this.#write(step, () =>
        this.#iam.send(
          new packages.iam.PutRolePolicyCommand({
            RoleName: this.#name,
            PolicyName: policyName,
            PolicyDocument: JSON.stringify(document),
          }),
        ),
      );
    });
  }

  deleteInline(
    policyName: string,
    ifStill: { document?: PolicyDocument },
  ): Deed {
    const { send, ...said } = inlineDeletion(
      this.#scope,
      this.#name,
      policyName,
    );
    return this.#deed(said, async step => {
      const [current] = await Promise.all([
        this.#rereadInline(policyName, ifStill),
        this.confirm(),
      ]);
      if (!current) {
        return 'It was deleted meanwhile';
      }
      await this.#write(step, send);
      return undefined;
    });
  }

  /** Steps that wait for the association take the role's lease again. */
  afterAssociation(made: Deed): Deed {
    return { ...made, lane: roleLane('role-after', this.#arn) };
  }

  #deed(said: DeedWords, run: Deed['run']): Deed {
    return { ...said, lane: roleLane('role', this.#arn), run };
  }

  #write<T>(step: RunningStep, call: () => Promise<T>) {
    return iamWrite(this.#scope, step, call, {
      name: this.#name,
      isNew: this.#isNew,
    });
  }

  get #iam() {
    return this.#scope.write.aws.iam;
  }

  /** The role as it is now; throws if it is not the role of the plan. */
  async #reread(roleId?: string): Promise<Role> {
    const live = await readRole(
      this.#scope.read,
      this.#name,
      this.#scope.context.signal,
    );
    if (!live) throw changedSincePlan(`Role ${this.#name}`, 'it was deleted');
    if (roleId && live.roleId !== roleId) {
      throw changedSincePlan(
        `Role ${this.#name}`,
        'it was deleted and another one of that name was made',
      );
    }
    return live;
  }

  /** The inline policy; throws if it changed since the plan. */
  async #rereadInline(
    policyName: string,
    { document: before }: { document?: PolicyDocument },
  ): Promise<PolicyDocument | undefined> {
    const current = await readInlinePolicy(
      this.#scope.read,
      this.#name,
      policyName,
      this.#scope.context.signal,
    );
    if (current && before && !samePolicy(current, before)) {
      throw changedSincePlan(
        `Inline policy ${policyName} of ${this.#name}`,
        'another caller has changed it',
      );
    }
    return current;
  }
}
