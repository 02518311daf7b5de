import type { UserInfoService } from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type { EngineConfig } from 'eks-pod-identity-engine';
import { readClaimant } from './claimant';
import type { Caller } from './caller';

/** Those who see names of other components, of roles and of the portal's own rights, and who can cancel any operation. */
export class Administrators {
  readonly #config: Pick<EngineConfig, 'administrators'>;
  readonly #userInfo: UserInfoService;

  constructor(options: {
    config: Pick<EngineConfig, 'administrators'>;
    userInfo: UserInfoService;
  }) {
    this.#config = options.config;
    this.#userInfo = options.userInfo;
  }

  /** A service is a part of the portal, and counts as one. */
  async include(caller: Caller): Promise<boolean> {
    if (caller.principal.type === 'service') return true;
    if (this.#config.administrators.length === 0) return false;
    const claimant = await readClaimant(caller, this.#userInfo, this.#config);
    return claimant.isAdministrator;
  }

  /**
   * @param refusal - says what only administrators may, without a full stop
   * @throws NotAllowedError
   */
  async require(caller: Caller, refusal: string): Promise<void> {
    if (await this.include(caller)) return;
    throw new NotAllowedError(
      this.#config.administrators.length === 0
        ? `${refusal}, and this portal has none: let app-config name users or groups under eksPodIdentity.administrators`
        : refusal,
    );
  }
}
