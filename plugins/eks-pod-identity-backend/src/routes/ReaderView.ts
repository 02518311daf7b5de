import type { LoggerService } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Acceptance } from '../operations/Acceptance';
import { EntityNames } from './entityNames';
import type { Caller } from '../permissions/caller';
import { NearbyNames } from './nearbyNames';

/**
 * What one reader may know of operations, plans and reports. They are kept once, for everybody who may read about their
 * ServiceAccount; every answer that tells of one goes through this.
 */
export class ReaderView {
  readonly #entities: EntityNames;
  readonly #nearby: NearbyNames;

  constructor(
    deps: {
      catalog: CatalogService;
      logger: LoggerService;
      acceptance: Pick<Acceptance, 'readable'>;
    },
    caller: Caller,
  ) {
    this.#entities = new EntityNames(deps, caller);
    this.#nearby = new NearbyNames(deps.acceptance, caller);
  }

  /** The same JSON without the names that are not for the reader. */
  async limit<T>(answer: T): Promise<T> {
    return this.#entities.limit(await this.#nearby.limit(answer));
  }
}
