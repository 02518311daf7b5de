import type { UserInfoService } from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  ACCESS_VERDICTS,
  type AccessFinding,
  type AccessItem,
  type AccessRow,
  type AccessSharer,
  mayMove,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters, EngineConfig } from 'eks-pod-identity-engine';
import { mayActFor } from 'eks-pod-identity-engine/portal';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { readClaimant, toClaimant } from '../permissions/claimant';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import { tryParseRef } from '../store';
import type { ListedAccess } from '../store/AccessStore';

/** What a row shows to one caller. */
type Shown = AccessRow & Pick<AccessItem, 'planWithheld' | 'withheld'>;

/** What the policy says of a list, to one caller. */
export interface AccessDecisions {
  read: PolicyDecision;
  verify: PolicyDecision;
}

export interface AccessNamesDeps {
  administrators: Pick<Administrators, 'include'>;
  authorizer: Pick<Authorizer, 'judge'>;
  clusters: Pick<Clusters, 'list'>;
  config: Pick<EngineConfig, 'administrators'>;
  entities: Pick<EntityDirectory, 'findMany'>;
  userInfo: UserInfoService;
}

/** Its fix has the whole trust policy. */
const quotesTrust = (kind: AccessFinding['kind']) =>
  kind === 'not-let-in' || kind === 'never-matches';

const keyOf = (ref: ServiceAccountRef) => stringifyServiceAccountRef(ref);

const ofName = (name: string): AccessSharer => ({
  kind: 'service-account',
  name,
});

/** Leaves out the service accounts that a pattern lets in and the caller is not allowed to read. */
function withFitting(
  row: AccessRow,
  mayRead: (sharer: AccessSharer) => boolean,
): AccessRow {
  const { role } = row;
  if (!role?.fitting) return row;
  const fitting = role.fitting.filter(name => mayRead(ofName(name)));
  return { ...row, role: { ...role, fitting } };
}

/** Its plan tells of nothing but service accounts that the row lists: of no pattern, and none of an add-on. */
const isListed = ({ addon, role }: AccessRow) =>
  !addon &&
  (role?.sharedWith ?? []).every(({ kind }) => kind === 'service-account');

/** The row says so only where there is a plan. */
const withoutPlan = (row: AccessRow): Shown =>
  mayMove(row) ? { ...row, planWithheld: true } : row;

/**
 * Who hears of roles, accounts and programs of other people's service accounts: administrators, whom a tag on the role
 * makes its owner, and those whom a condition of the policy lets verify that very service account. That an annotation
 * claims it, or that a policy allows everything to everybody, tells nothing.
 */
export class AccessNames {
  readonly #deps: AccessNamesDeps;

  constructor(deps: AccessNamesDeps) {
    this.#deps = deps;
  }

  async show(
    items: ListedAccess[],
    decisions: AccessDecisions,
    caller: Caller,
  ): Promise<Shown[]> {
    const isAdministrator = await this.#deps.administrators.include(caller);
    const named = isAdministrator
      ? new Map(items.map(item => [item, 'whole' as const]))
      : await this.#named(items, decisions, caller);
    const mayRead = await this.#readable(
      [...named.keys()],
      decisions,
      isAdministrator,
    );
    const isOpen = (sharer: AccessSharer) =>
      isAdministrator ||
      sharer.kind === 'provider' ||
      sharer.kind === 'service' ||
      (sharer.kind === 'pattern' &&
        decisions.read.result === AuthorizeResult.ALLOW);
    return items.map(item => {
      const how = named.get(item);
      if (!how) return withheld(item.row);
      const row = withFitting(
        how === 'whole' ? item.row : ofOneAdmitted(item.row),
        sharer => isAdministrator || mayRead(item.row, sharer),
      );
      const { role } = row;
      const isPlanned = isAdministrator || (how === 'whole' && isListed(row));
      const shown = isPlanned ? row : withoutPlan(row);
      if (!role?.sharedWith) return shown;
      const sharedWith = role.sharedWith.filter(sharer =>
        sharer.kind === 'service-account'
          ? mayRead(row, sharer)
          : isOpen(sharer),
      );
      // They quote the trust policy, and so those who are left out.
      // Beyond those that a row lists, others may stand in the policy
      const listed = isAdministrator
        ? role.sharedWith.length
        : role.sharedWithCount;
      if (sharedWith.length === listed) return shown;
      const { trustReasons, ...known } = role;
      const findings = row.findings?.filter(({ kind }) => !quotesTrust(kind));
      return withoutPlan({
        ...row,
        ...(findings ? { findings } : {}),
        role: { ...known, sharedWith },
      });
    });
  }

  /** Whether the caller may read the trust policy of the role of a row, and so all whom it names. */
  async mayReadTrust(
    item: ListedAccess,
    decisions: AccessDecisions,
    caller: Caller,
  ): Promise<boolean> {
    if (await this.#deps.administrators.include(caller)) return true;
    const named = await this.#named([item], decisions, caller);
    if (named.get(item) !== 'whole') return false;
    const [{ role }] = await this.show([item], decisions, caller);
    return (
      role !== undefined &&
      (role.sharedWith ?? []).length === (role.sharedWithCount ?? 0)
    );
  }

  async #named(
    items: ListedAccess[],
    { verify }: AccessDecisions,
    caller: Caller,
  ): Promise<Map<ListedAccess, 'whole' | 'admitted'>> {
    const { authorizer, config, entities, userInfo } = this.#deps;
    const decided =
      verify.result === AuthorizeResult.CONDITIONAL
        ? await authorizer.judge(
            items.map(({ row }) => ({ decision: verify, ref: row.ref })),
          )
        : [];
    const claimant = toClaimant(await readClaimant(caller, userInfo, config));
    const present = await entities.findMany([
      ...new Set(items.flatMap(({ holder }) => holder?.entityRef ?? [])),
    ]);
    const findEntity = async (entityRef: string) => present.get(entityRef);
    const named = new Map<ListedAccess, 'whole' | 'admitted'>();
    for (const [index, item] of items.entries()) {
      const { holder } = item;
      const isMine =
        holder && (await mayActFor(holder, claimant, { findEntity }));
      if (isMine) named.set(item, 'whole');
      else if (decided[index]) named.set(item, 'admitted');
    }
    return named;
  }

  /**
   * Service accounts that share a role are named to those who may see them, wherever the name may be meant; a name that no
   * service account can have, which a policy says nothing of, to administrators.
   */
  async #readable(
    items: ListedAccess[],
    { read }: AccessDecisions,
    isAdministrator: boolean,
  ) {
    const refs = new Map(
      items
        .flatMap(({ row }) =>
          [
            ...(row.role?.sharedWith ?? []),
            ...(row.role?.fitting ?? []).map(ofName),
          ].flatMap(one => this.#refsOf(row, one)),
        )
        .map(ref => [keyOf(ref), ref]),
    );
    const answers = await this.#deps.authorizer.judge(
      [...refs.values()].map(ref => ({ decision: read, ref })),
    );
    const readable = new Set(
      [...refs.keys()].filter((_, index) => answers[index]),
    );
    return (row: AccessRow, sharer: AccessSharer) => {
      const meant = this.#refsOf(row, sharer).map(keyOf);
      return meant.length > 0
        ? meant.every(key => readable.has(key))
        : isAdministrator;
    };
  }

  /** The issuer of another cluster says not which one it is: each that may be meant. */
  #refsOf(row: AccessRow, sharer: AccessSharer): ServiceAccountRef[] {
    if (sharer.kind !== 'service-account') return [];
    const clusters =
      sharer.issuer === undefined
        ? [row.ref.cluster]
        : this.#deps.clusters.list().map(({ id }) => id);
    return clusters.flatMap(id => tryParseRef(`${id}/${sharer.name}`) ?? []);
  }
}

/**
 * Who may verify a service account writes its annotation, too, and could name any role there: of one that does not admit
 * it, nothing is shown but the name that stands in the annotation. The trust policy itself is for the role's owner.
 */
function ofOneAdmitted(row: AccessRow): AccessRow {
  const { role, findings, ...rest } = row;
  if (!role) return row;
  const { trustReasons, ...known } = role;
  const shown = role.letsIn ? known : { arn: role.arn, withheld: true };
  const others = findings?.filter(({ kind }) => kind === 'keys-beside');
  return {
    ...rest,
    ...(others?.length ? { findings: others } : {}),
    role: shown,
  };
}

/** The verdict is the row's; why it is so names the role. */
function withheld({
  role: _,
  programs: __,
  statement: ___,
  findings: ____,
  alone: _____,
  movesByHand: ______,
  ...row
}: AccessRow): Shown {
  return {
    ...row,
    sentence: ACCESS_VERDICTS[row.verdict].meaning,
    reasons: [],
    withheld: true,
  };
}
