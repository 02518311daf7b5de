import type { Entity } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  compareHarm,
  EntityAccess,
  EntityIdentities,
  foldEntityRef,
  Identity,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { createHmac, randomBytes } from 'node:crypto';
import type { Clusters } from 'eks-pod-identity-engine';
import type { CatalogEntity } from 'eks-pod-identity-engine/portal';
import { type Authorizer, missing } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { toCatalogEntity } from '../permissions/EntityDirectory';
import type { Store } from '../store';
import type { EntityLink } from '../store/EntityRefStore';
import type { Access } from './Access';
import { claimsOf, type EntityClaims } from './claims';
import { type Asker, type Found, findStored } from './findStored';
import { doubt, type KnownRef, knownRefs, withoutEntity } from './knownRefs';
import { type Ages, identityOf } from './identityOf';
import { isMove, moveRights } from './moveRights';
import type { Offers } from './Offers';
import { decideFor, type Rights, rightsOn } from './rights';
import { shownOnly } from './shownOnly';
import { foundIn, type Stored } from './stored';
import { turns } from '../turns';

/** The same of an entity, with what goes without Pod Identity. */
interface FoundOfEntity extends Found {
  access?: EntityAccess[];
}

/** By what the entity claimed when it was last seen. */
interface Recorded extends FoundOfEntity {
  links: EntityLink[];
  open: ServiceAccountRef[];
}

/** Everything a card shows of an entity, from the database alone: no call to AWS or Kubernetes. */
export class Identities {
  readonly #store: Store;
  readonly #clusters: Clusters;
  readonly #authorizer: Authorizer;
  readonly #now: () => number;
  readonly #ages: Omit<Ages, 'now'>;
  readonly #readsUse: boolean;
  readonly #offers: Offers;
  readonly #access?: Pick<Access, 'asNodeOf' | 'ofEntity'>;
  #channelSecret?: Promise<string>;

  constructor(options: {
    now(): number;
    /** Age from which what was seen of a cluster counts as stale. */
    maxAgeMs: number;
    proofMaxAgeMs: number;
    store: Store;
    clusters: Clusters;
    authorizer: Authorizer;
    offers: Offers;
    /** What goes without Pod Identity; it is no part of an identity. */
    access?: Pick<Access, 'asNodeOf' | 'ofEntity'>;
    /** The portal reads what AWS recorded. */
    readsUse?: boolean;
  }) {
    this.#store = options.store;
    this.#clusters = options.clusters;
    this.#authorizer = options.authorizer;
    this.#now = options.now;
    this.#offers = options.offers;
    this.#access = options.access;
    this.#readsUse = options.readsUse ?? false;
    const { maxAgeMs, proofMaxAgeMs } = options;
    this.#ages = { maxAgeMs, proofMaxAgeMs, upSince: options.now() };
  }

  /**
   * `loading` uses the caller's own credentials. Every ref is authorised itself, wherever it came from. The catalog, the
   * policy and the database are asked at the same time: what an entity claims has mostly been recorded when it was last seen.
   *
   * @throws NotAllowedError when there are identities and the caller may see none of them
   */
  async ofEntity(
    asked: { entityRef: string; loading: Promise<Entity> },
    credentials: Caller,
  ): Promise<EntityIdentities> {
    const entityRef = foldEntityRef(asked.entityRef);
    const asker = this.#asker(credentials);
    const [entity, decisions, recorded, asNode] = await Promise.all([
      asked.loading,
      asker.deciding,
      this.#recorded(entityRef, asker),
      this.#access?.asNodeOf(entityRef, asker.deciding),
    ]);
    const claims = claimsOf(entity);
    const { known, stored, resources, access } = await this.#claimed(
      entityRef,
      claims,
      recorded,
      asker,
    );
    const refs = known.map(({ ref }) => ref);
    const rights = rightsOn(refs, decisions, {
      authorizer: this.#authorizer,
      resources,
    });
    const visible = known.filter((_, index) => rights[index].read);
    if (known.length > 0 && visible.length === 0) {
      throw missing(
        `You are not allowed to see the AWS identity of ${entityRef}`,
        associationReadPermission,
        ' on it',
      );
    }
    const allowed = new Map(
      known.map(({ ref }, index) => [
        stringifyServiceAccountRef(ref),
        rights[index],
      ]),
    );
    const identities = await this.#identities(visible, allowed, {
      stored,
      credentials,
      entity: claims.shownOnly ? undefined : toCatalogEntity(entity),
    });
    return {
      entityRef,
      identities: claims.shownOnly ? identities.map(shownOnly) : identities,
      problems: claims.problems,
      access,
      asNode,
      hidden: known.length - visible.length,
      signalChannel: await this.channelOf(entityRef),
      canCreate:
        known.length === 0 &&
        !claims.shownOnly &&
        decisions.create.result !== AuthorizeResult.DENY &&
        this.#clusters.list().some(({ allow }) => allow.changes) &&
        (await this.#offers.mayGive(toCatalogEntity(entity), credentials)),
    };
  }

  /**
   * The identity of one service account, whatever entity it belongs to.
   *
   * @throws NotAllowedError when the caller is not allowed to see it
   */
  async ofRef(ref: ServiceAccountRef, credentials: Caller): Promise<Identity> {
    const asker = this.#asker(credentials);
    const [decisions, { known, stored, resources }] = await Promise.all([
      asker.deciding,
      this.#shown([ref], asker),
    ]);
    const [rights] = rightsOn([ref], decisions, {
      authorizer: this.#authorizer,
      resources,
    });
    if (!rights.read) {
      throw missing(
        `You are not allowed to see the AWS identity of ${stringifyServiceAccountRef(
          ref,
        )}`,
        associationReadPermission,
      );
    }
    const [identity] = await this.#identities(
      known,
      new Map([[stringifyServiceAccountRef(ref), rights]]),
      { stored, credentials },
    );
    return identity;
  }

  /** Signal channel for an entity's cards. It cannot be guessed; only the card's answer reveals it. */
  async channelOf(entityRef: string): Promise<string> {
    this.#channelSecret ??= this.#store.settings.getOrSet(
      'signalSecret',
      randomBytes(32).toString('hex'),
    );
    return `eks-pod-identity:${createHmac('sha256', await this.#channelSecret)
      .update(entityRef)
      .digest('hex')
      .slice(0, 32)}`;
  }

  #asker(credentials: Caller): Asker {
    const deciding = decideFor(credentials, this.#authorizer);
    return { credentials, deciding };
  }

  async #recorded(entityRef: string, asker: Asker): Promise<Recorded> {
    const { entityRefs, openChanges } = this.#store;
    const [links, open] = await Promise.all([
      entityRefs.ofEntity(entityRef),
      openChanges.refsOfEntity(entityRef),
    ]);
    const claimed = links.filter(({ source }) => source === 'annotation');
    const found = await this.#withAccess(
      this.#find(knownRefs(links, open), asker),
      entityRef,
      claimed.map(({ ref }) => ref),
      asker,
    );
    return { links, open, ...found };
  }

  async #withAccess(
    finding: Promise<Found>,
    entityRef: string,
    claimed: ServiceAccountRef[],
    asker: Asker,
  ): Promise<FoundOfEntity> {
    const [found, access] = await Promise.all([
      finding,
      this.#access?.ofEntity(entityRef, claimed, asker),
    ]);
    return { ...found, access };
  }

  /** What is known of an entity that claims this now. */
  async #claimed(
    entityRef: string,
    { refs, namespace, shownOnly: isShownOnly }: EntityClaims,
    recorded: Recorded,
    asker: Asker,
  ): Promise<FoundOfEntity> {
    if (isShownOnly) {
      const finding = this.#shown(refs, asker);
      return this.#withAccess(finding, entityRef, refs, asker);
    }
    const links = await this.#store.entityRefs.replaceOfEntity(
      entityRef,
      'annotation',
      refs,
      { namespace, before: recorded.links },
    );
    if (links === recorded.links) return recorded;
    const finding = this.#find(knownRefs(links, recorded.open), asker);
    return this.#withAccess(finding, entityRef, refs, asker);
  }

  /** Of service accounts, whatever entity they belong to. */
  async #shown(refs: ServiceAccountRef[], asker: Asker): Promise<Found> {
    const links = await this.#store.entityRefs.ofRefs(refs);
    return this.#find(withoutEntity(refs, links), asker);
  }

  #find(known: KnownRef[], asker: Asker): Promise<Found> {
    return findStored(known, asker, {
      authorizer: this.#authorizer,
      store: this.#store,
      now: this.#now(),
      readsUse: this.#readsUse,
    });
  }

  async #identities(
    visible: KnownRef[],
    allowed: Map<string, Rights>,
    {
      stored,
      credentials,
      entity,
    }: { stored: Stored; credentials: Caller; entity?: CatalogEntity },
  ): Promise<Identity[]> {
    const offers = await this.#offers.of(
      visible.map(({ ref }) => {
        const key = stringifyServiceAccountRef(ref);
        return {
          ref,
          association: stored.associations.get(key),
          checks: foundIn(stored, ref),
          mayCreate: allowed.get(key)!.create,
        };
      }),
      entity,
      credentials,
    );
    const moves = await moveRights(
      visible
        .map(({ ref }) => ref)
        .filter(ref =>
          isMove(stored.openChanges.get(stringifyServiceAccountRef(ref))),
        ),
      credentials,
      { authorizer: this.#authorizer, clusters: this.#clusters },
    );
    const identities: Identity[] = [];
    const ages = { ...this.#ages, now: this.#now() };
    const turn = turns();
    // What AWS says of the component comes before what only its annotations say
    for (const known of [...visible].sort((a, b) => doubt(a) - doubt(b))) {
      const key = stringifyServiceAccountRef(known.ref);
      const { cluster: id } = known.ref;
      identities.push(
        identityOf(
          known,
          {
            can: allowed.get(key)!,
            cluster: this.#clusters.list().find(one => one.id === id),
            move: moves.get(key),
            offer: offers.get(key),
            stored,
          },
          ages,
        ),
      );
      await turn();
    }
    return identities.sort(compareHarm);
  }
}
